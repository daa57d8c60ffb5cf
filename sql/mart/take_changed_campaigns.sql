create temporary table changed_campaign on commit drop as
with taken as (
    delete from mart.changed_campaign
    returning campaign_id
)

select campaign_id from taken
union
select campaign_id from stats.campaigns
where (select rebuild from mart.setting);
