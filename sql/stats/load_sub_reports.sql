-- A row is added when any figure of a part differs from its newest row, as for the whole campaign.
with landed as (
    select distinct on (part_id) *
    from landing_sub_reports
    order by part_id
)

insert into stats.sub_report_snapshots (
    campaign_id, part_id, taken_at, list_id, type, title, subject_line, sent_at,
    emails_sent, opens_total, unique_opens, proxy_excluded_opens, proxy_excluded_unique_opens, open_rate,
    last_open_at, clicks_total, unique_clicks, unique_subscriber_clicks, click_rate, last_click_at,
    unsubscribed, hard_bounces, soft_bounces, syntax_errors, abuse_reports, forwards_count, forwards_opens,
    ab_split, timewarp, timeseries, list_stats, industry_stats, delivery_status, ecommerce, extra
)
select
    %(campaign_id)s, -- noqa: RF02
    landed.part_id,
    clock_timestamp() as taken_at,
    campaign.list_id,
    landed.type,
    landed.title,
    landed.subject_line,
    landed.sent_at,
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
inner join stats.campaigns as campaign on campaign.campaign_id = %(campaign_id)s
left join stats.latest_sub_report as known
    on campaign.campaign_id = known.campaign_id and landed.part_id = known.part_id
where
    to_jsonb(known)
    - array['campaign_id', 'taken_at', 'list_id', 'timeseries', 'list_stats', 'industry_stats']
    is distinct from to_jsonb(landed) - array['timeseries', 'list_stats', 'industry_stats'];
