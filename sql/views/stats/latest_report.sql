-- The campaign is the one of stats.campaigns: a question about one campaign then reads its snapshots alone.
-- With the snapshot's own id, Postgres would look up the newest snapshot of every campaign.
create or replace view stats.latest_report as
select
    campaign.campaign_id,
    newest.taken_at,
    newest.list_id,
    newest.emails_sent,
    newest.opens_total,
    newest.unique_opens,
    newest.proxy_excluded_opens,
    newest.proxy_excluded_unique_opens,
    newest.open_rate,
    newest.last_open_at,
    newest.clicks_total,
    newest.unique_clicks,
    newest.unique_subscriber_clicks,
    newest.click_rate,
    newest.last_click_at,
    newest.unsubscribed,
    newest.hard_bounces,
    newest.soft_bounces,
    newest.syntax_errors,
    newest.abuse_reports,
    newest.forwards_count,
    newest.forwards_opens,
    newest.ab_split,
    newest.timewarp,
    newest.timeseries,
    newest.list_stats,
    newest.industry_stats,
    newest.delivery_status,
    newest.ecommerce,
    newest.extra
from stats.campaigns as campaign
cross join lateral (
    select snapshot.*
    from stats.report_snapshots as snapshot
    where snapshot.campaign_id = campaign.campaign_id
    order by snapshot.taken_at desc
    limit 1
) as newest;
comment on view stats.latest_report is 'The newest snapshot of each campaign''s report.';
select stats.describe_as('stats.latest_report', 'stats.report_snapshots');
