-- Removes everything that was read and counted of a part while it was treated as a campaign. The whole
-- campaign has the same recipients and events. The marts count these members again.
with of_campaign_activities as (
    delete from stats.campaign_activities
    where campaign_id = %(part_id)s
),

of_campaign_recipients as (
    delete from stats.campaign_recipients
    where campaign_id = %(part_id)s
),

of_recipient_engagement as (
    delete from stats.recipient_engagement
    where campaign_id = %(part_id)s
),

of_expired_engagement as (
    delete from stats.expired_engagement
    where campaign_id = %(part_id)s
),

of_expired_events as (
    delete from stats.expired_events
    where campaign_id = %(part_id)s
),

of_campaign_unsubscribes as (
    delete from stats.campaign_unsubscribes
    where campaign_id = %(part_id)s
),

of_campaign_abuse_reports as (
    delete from stats.campaign_abuse_reports
    where campaign_id = %(part_id)s
),

of_link_member_clicks as (
    delete from stats.link_member_clicks
    where campaign_id = %(part_id)s
),

of_link_clicks as (
    delete from stats.link_clicks
    where campaign_id = %(part_id)s
),

of_domain_performance as (
    delete from stats.domain_performance
    where campaign_id = %(part_id)s
),

of_open_locations as (
    delete from stats.open_locations
    where campaign_id = %(part_id)s
),

of_report_snapshots as (
    delete from stats.report_snapshots
    where campaign_id = %(part_id)s
),

of_sub_report_snapshots as (
    delete from stats.sub_report_snapshots
    where campaign_id = %(part_id)s
),

of_stream_state as (
    delete from stats.stream_state
    where campaign_id = %(part_id)s
),

of_reconciliation as (
    delete from stats.reconciliation
    where campaign_id = %(part_id)s
),

of_unjudged_campaign as (
    delete from mart.unjudged_campaign
    where campaign_id = %(part_id)s
),

of_left_out as (
    delete from stats.left_out
    where campaign_id = %(part_id)s
),

of_accepted_difference as (
    delete from stats.accepted_difference
    where campaign_id = %(part_id)s
),

of_campaign_quarter_hours as (
    delete from mart.campaign_quarter_hours
    where campaign_id = %(part_id)s
),

of_campaign_bot_links as (
    delete from mart.campaign_bot_links
    where campaign_id = %(part_id)s
),

of_campaign_cohort as (
    delete from mart.campaign_cohort
    where campaign_id = %(part_id)s
),

of_campaign_engagement as (
    delete from mart.campaign_engagement
    where campaign_id = %(part_id)s
)

delete from stats.campaigns
where campaign_id = %(part_id)s;
