-- Append-only: a row where any figure of a part differs from its newest one.
with landed as (
    select distinct on (part_id)
        part_id,
        type,
        title,
        subject_line,
        sent_at,
        coalesce(emails_sent, 0) as emails_sent,
        coalesce(opens_total, 0) as opens_total,
        coalesce(unique_opens, 0) as unique_opens,
        proxy_excluded_opens,
        proxy_excluded_unique_opens,
        open_rate,
        last_open_at,
        coalesce(clicks_total, 0) as clicks_total,
        coalesce(unique_clicks, 0) as unique_clicks,
        coalesce(unique_subscriber_clicks, 0) as unique_subscriber_clicks,
        click_rate,
        last_click_at,
        coalesce(unsubscribed, 0) as unsubscribed,
        coalesce(hard_bounces, 0) as hard_bounces,
        coalesce(soft_bounces, 0) as soft_bounces,
        coalesce(abuse_reports, 0) as abuse_reports,
        coalesce(forwards_count, 0) as forwards_count,
        coalesce(forwards_opens, 0) as forwards_opens,
        extra
    from landing_sub_reports
    order by part_id
)

insert into stats.sub_report_snapshots (
    campaign_id, part_id,
    type, title, subject_line, sent_at, emails_sent, opens_total, unique_opens, proxy_excluded_opens,
    proxy_excluded_unique_opens, open_rate, last_open_at, clicks_total, unique_clicks,
    unique_subscriber_clicks, click_rate, last_click_at, unsubscribed, hard_bounces, soft_bounces,
    abuse_reports, forwards_count, forwards_opens, extra
)
select
    %(campaign_id)s, -- noqa: RF02
    landed.part_id,
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
    landed.abuse_reports,
    landed.forwards_count,
    landed.forwards_opens,
    landed.extra
from landed
left join stats.latest_sub_report as known
    on known.campaign_id = %(campaign_id)s and landed.part_id = known.part_id -- noqa: RF02
where
    known.part_id is null
    or (
        known.type, known.title, known.subject_line, known.sent_at, known.emails_sent, known.opens_total,
        known.unique_opens, known.proxy_excluded_opens, known.proxy_excluded_unique_opens,
        known.open_rate, known.last_open_at, known.clicks_total, known.unique_clicks,
        known.unique_subscriber_clicks, known.click_rate, known.last_click_at, known.unsubscribed,
        known.hard_bounces, known.soft_bounces, known.abuse_reports, known.forwards_count,
        known.forwards_opens, known.extra
    ) is distinct from (
        landed.type, landed.title, landed.subject_line, landed.sent_at, landed.emails_sent,
        landed.opens_total, landed.unique_opens, landed.proxy_excluded_opens,
        landed.proxy_excluded_unique_opens, landed.open_rate, landed.last_open_at, landed.clicks_total,
        landed.unique_clicks, landed.unique_subscriber_clicks, landed.click_rate, landed.last_click_at,
        landed.unsubscribed, landed.hard_bounces, landed.soft_bounces, landed.abuse_reports,
        landed.forwards_count, landed.forwards_opens, landed.extra
    );
