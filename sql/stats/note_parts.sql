-- Parts of A/B tests, from every source that names them. Two sources are the combinations of the test, and
-- the campaign that its winner was sent as. The others are the reports of its parts, and a campaign's own
-- parent.
with whole as (
    select
        campaign.campaign_id,
        campaign.variate_settings
    from stats.campaigns as campaign
    left join stats.campaigns as parent on campaign.parent_campaign_id = parent.campaign_id
    where
        campaign.type in ('variate', 'absplit', 'ab_split')
        and coalesce(parent.type, '') not in ('variate', 'absplit', 'ab_split')
),

named_part as (
    select
        jsonb_path_query(whole.variate_settings, '$.combinations[*].id') #>> '{}' as part_id,
        whole.campaign_id
    from whole
    union all
    select
        whole.variate_settings ->> 'winning_campaign_id' as part_id,
        whole.campaign_id
    from whole
    union all
    select
        report.part_id,
        whole.campaign_id
    from whole
    inner join stats.sub_report_snapshots as report on whole.campaign_id = report.campaign_id
    union all
    select
        child.campaign_id as part_id,
        whole.campaign_id
    from whole
    inner join stats.campaigns as child on whole.campaign_id = child.parent_campaign_id
)

insert into stats.campaign_part (part_id, campaign_id)
select distinct on (part_id)
    part_id,
    campaign_id
from named_part
where part_id <> '' and part_id <> campaign_id
order by part_id, campaign_id
on conflict (part_id) do nothing;
