-- Append-only: a row is added when any figure differs from the newest row. Averages of the audience and of
-- the industry change by themselves, so they alone make no new row.
with landed as (
    select distinct on (campaign_id) *
    from landing_reports
    order by campaign_id
),

audience as (
    insert into stats.lists (list_id)
    select distinct list_id from landed
    where list_id is not null
    on conflict (list_id) do nothing
)

insert into stats.report_snapshots (
    campaign_id, taken_at, list_id,
    emails_sent, opens_total, unique_opens, proxy_excluded_opens, proxy_excluded_unique_opens, open_rate,
    last_open_at, clicks_total, unique_clicks, unique_subscriber_clicks, click_rate, last_click_at,
    unsubscribed, hard_bounces, soft_bounces, syntax_errors, abuse_reports, forwards_count, forwards_opens,
    ab_split, timewarp, timeseries, list_stats, industry_stats, delivery_status, ecommerce, extra
)
select
    landed.campaign_id,
    clock_timestamp() as taken_at,
    landed.list_id,
    landed.emails_sent,
    landed.opens_total,
    landed.unique_opens,
    landed.proxy_excluded_opens,
    landed.proxy_excluded_unique_opens,
    landed.open_rate,
    landed.last_open_at,
    landed.clicks_total,
    landed.unique_clicks,
    landed.unique_subscriber_clicks,
    landed.click_rate,
    landed.last_click_at,
    landed.unsubscribed,
    landed.hard_bounces,
    landed.soft_bounces,
    landed.syntax_errors,
    landed.abuse_reports,
    landed.forwards_count,
    landed.forwards_opens,
    landed.ab_split,
    landed.timewarp,
    landed.timeseries,
    landed.list_stats,
    landed.industry_stats,
    landed.delivery_status,
    landed.ecommerce,
    landed.extra
from landed
-- Looked up for each report, whatever Postgres has counted.
left join lateral (
    select snapshot.*
    from stats.report_snapshots as snapshot
    where snapshot.campaign_id = landed.campaign_id
    order by snapshot.taken_at desc
    limit 1
) as known on true
where
    known.campaign_id is null
    or (
        known.emails_sent, known.opens_total, known.unique_opens, known.proxy_excluded_opens,
        known.proxy_excluded_unique_opens, known.open_rate, known.last_open_at, known.clicks_total,
        known.unique_clicks, known.unique_subscriber_clicks, known.click_rate, known.last_click_at,
        known.unsubscribed, known.hard_bounces, known.soft_bounces, known.syntax_errors, known.abuse_reports,
        known.forwards_count, known.forwards_opens, known.ab_split, known.timewarp, known.delivery_status,
        known.ecommerce, known.extra
    ) is distinct from (
        landed.emails_sent, landed.opens_total, landed.unique_opens, landed.proxy_excluded_opens,
        landed.proxy_excluded_unique_opens, landed.open_rate, landed.last_open_at, landed.clicks_total,
        landed.unique_clicks, landed.unique_subscriber_clicks, landed.click_rate, landed.last_click_at,
        landed.unsubscribed, landed.hard_bounces, landed.soft_bounces, landed.syntax_errors,
        landed.abuse_reports, landed.forwards_count, landed.forwards_opens, landed.ab_split, landed.timewarp,
        landed.delivery_status, landed.ecommerce, landed.extra
    );
