-- Whether less than a tenth of the members and of the campaigns changed. It reads at most ten rows for each
-- change.
select
    not (select rebuild from mart.setting)
    and exists (
        select from stats.members
        offset 10 * (select count(*) from changed_member)
    )
    and exists (
        select from stats.campaigns
        offset 10 * (select count(*) from changed_campaign)
    ) as few
