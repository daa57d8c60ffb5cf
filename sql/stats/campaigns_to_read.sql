-- Finds the stale campaigns once for all. If asked for each campaign, Postgres may read the views again and
-- again. It does so when the planner believes that the tables are small.
with stale as materialized (
    select distinct stream.campaign_id
    from stats.stale_stream as stream
    where not %(chosen)s
    union
    -- Read by a run that ended before it compared the figures.
    select state.campaign_id
    from stats.stream_state as state
    where not %(chosen)s and state.reconciled_at is null
),

reported as materialized (
    select distinct snapshot.campaign_id from stats.report_snapshots as snapshot
)

select
    campaign.campaign_id,
    campaign.account
from stats.campaigns as campaign
inner join reported on campaign.campaign_id = reported.campaign_id
left join stale on campaign.campaign_id = stale.campaign_id
where
    campaign.gone_at is null
    and campaign.account = any(%(accounts)s::text[])
    and (cardinality(%(campaigns)s::text[]) = 0 or campaign.campaign_id = any(%(campaigns)s::text[]))
    and (%(since)s::timestamptz is null or campaign.counted_at >= %(since)s::timestamptz)
    and (%(until)s::timestamptz is null or campaign.counted_at < %(until)s::timestamptz)
    and (%(chosen)s or stale.campaign_id is not null)
order by campaign.counted_at desc, campaign.campaign_id asc;
