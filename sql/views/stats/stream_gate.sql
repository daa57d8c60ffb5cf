create or replace view stats.stream_gate as
select
    -- As in stats.latest_report: a question about one campaign looks up that one alone.
    campaign.campaign_id,
    gate.stream,
    gate.figures,
    gate.is_empty,
    campaign.gone_at
from stats.campaigns as campaign
-- A join of campaigns with themselves may compare each with each.
cross join
    lateral (
        select snapshot.*
        from stats.report_snapshots as snapshot
        where snapshot.campaign_id = campaign.campaign_id
        order by snapshot.taken_at desc
        limit 1
    ) as report
cross join
    lateral (
        values
        (
            'recipients',
            jsonb_build_array(report.emails_sent, report.hard_bounces, report.soft_bounces),
            report.emails_sent = 0
        ),
        (
            'activity',
            jsonb_build_array(
                report.opens_total, report.unique_opens, report.last_open_at,
                report.clicks_total, report.unique_clicks, report.last_click_at,
                report.hard_bounces, report.soft_bounces
            ),
            report.opens_total + report.clicks_total + report.hard_bounces + report.soft_bounces = 0
        ),
        (
            'proxy_opens',
            jsonb_build_array(
                report.opens_total, report.unique_opens, report.last_open_at,
                report.proxy_excluded_opens, report.proxy_excluded_unique_opens
            ),
            report.opens_total = 0
        ),
        ('unsubscribes', jsonb_build_array(report.unsubscribed), report.unsubscribed = 0),
        ('abuse_reports', jsonb_build_array(report.abuse_reports), report.abuse_reports = 0),
        (
            'links',
            jsonb_build_array(report.clicks_total, report.unique_clicks, report.last_click_at),
            report.emails_sent = 0
        ),
        (
            'domains',
            jsonb_build_array(
                report.emails_sent, report.unique_opens, report.unique_clicks,
                report.hard_bounces, report.soft_bounces, report.unsubscribed
            ),
            report.emails_sent = 0
        ),
        ('locations', jsonb_build_array(report.opens_total, report.unique_opens), report.opens_total = 0),
        (
            'sub_reports',
            jsonb_build_array(
                report.emails_sent, report.opens_total, report.unique_opens, report.clicks_total,
                report.unique_clicks, report.hard_bounces, report.soft_bounces, report.unsubscribed,
                report.abuse_reports, report.forwards_count
            ),
            report.emails_sent = 0
            or coalesce(campaign.type, '') in ('regular', 'plaintext', 'plain-text', 'rss')
        ),
        ('series_mails', jsonb_build_array(report.emails_sent), report.emails_sent = 0)
    ) as gate (stream, figures, is_empty)
-- A series has no recipients of its own: the streams of its mails are read.
where (gate.stream = 'series_mails') = campaign.is_series;
comment on view stats.stream_gate is
'Figures of the newest report, for each campaign and stream. They show whether the stream has anything to '
'read.';
comment on column stats.stream_gate.campaign_id is 'Campaign.';
comment on column stats.stream_gate.stream is 'Name of the stream.';
comment on column stats.stream_gate.figures is
'Figures of the newest report. A change shows that the stream has new rows.';
comment on column stats.stream_gate.gone_at is
'When the campaign was found missing in Mailchimp; null: it is there.';
comment on column stats.stream_gate.is_empty is 'Whether the figures show that the stream is empty.';
