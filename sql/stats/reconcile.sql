with report as (
    select * from stats.latest_report
    where campaign_id = %(campaign_id)s
),

held as (
    select
        count(*) as recipients,
        count(*) filter (where delivery_status = 'hard') as hard,
        count(*) filter (where delivery_status = 'soft') as soft
    from stats.campaign_recipients
    where campaign_id = %(campaign_id)s
),

engaged as (
    select
        coalesce(sum(opens), 0) as opens,
        coalesce(sum(opens - proxy_opens), 0) as human_opens,
        count(*) filter (where opens > 0) as openers,
        coalesce(sum(clicks), 0) as clicks,
        coalesce(sum(links_clicked), 0) as link_clickers,
        count(*) filter (where clicks > 0) as clickers,
        coalesce(sum(hard_bounces), 0) as hard_bounces,
        coalesce(sum(soft_bounces), 0) as soft_bounces,
        coalesce(bool_or(opens >= %(cap)s), false) as opens_capped,
        coalesce(bool_or(clicks >= %(cap)s), false) as clicks_capped
    from stats.recipient_engagement
    where campaign_id = %(campaign_id)s
),

unsubscribed as (
    select count(*) as members from stats.campaign_unsubscribes
    where campaign_id = %(campaign_id)s
),

complained as (
    select count(*) as reports from stats.campaign_abuse_reports
    where campaign_id = %(campaign_id)s
),

linked as (
    select coalesce(sum(total_clicks), 0) as clicks
    from stats.link_clicks
    where campaign_id = %(campaign_id)s
),

progress as (
    select max(members_seen) filter (where stream = 'activity') as members_seen
    from stats.stream_state
    where campaign_id = %(campaign_id)s
),

figures as (
    select
        report.campaign_id,
        metric.name,
        metric.ours,
        metric.mailchimps,
        metric.capped,
        metric.of_events,
        campaign.events_expired_at is not null as expired,
        -- Who was deleted is listed nowhere any more, while the totals stay.
        report.emails_sent
        > least(held.recipients, coalesce(progress.members_seen, held.recipients)) as some_deleted
    from report
    inner join stats.campaigns as campaign on report.campaign_id = campaign.campaign_id
    cross join held
    cross join engaged
    cross join unsubscribed
    cross join complained
    cross join linked
    cross join progress
    cross join lateral (
        values
        ('emails_sent', held.recipients, report.emails_sent, false, false),
        ('opens_total', engaged.opens, report.opens_total, engaged.opens_capped, true),
        (
            'proxy_excluded_opens', engaged.human_opens,
            coalesce(report.proxy_excluded_opens, engaged.human_opens), engaged.opens_capped, true
        ),
        ('unique_opens', engaged.openers, report.unique_opens, false, true),
        ('clicks_total', engaged.clicks, report.clicks_total, engaged.clicks_capped, true),
        ('unique_clicks', engaged.link_clickers, report.unique_clicks, engaged.clicks_capped, true),
        ('unique_subscriber_clicks', engaged.clickers, report.unique_subscriber_clicks, false, true),
        ('hard_bounces', engaged.hard_bounces, report.hard_bounces, false, true),
        ('soft_bounces', engaged.soft_bounces, report.soft_bounces, false, true),
        ('unsubscribed', unsubscribed.members, report.unsubscribed, false, false),
        ('abuse_reports', complained.reports, report.abuse_reports, false, false),
        ('link_clicks', linked.clicks, report.clicks_total, false, false)
    ) as metric (name, ours, mailchimps, capped, of_events)
),

explained as (
    select
        campaign_id,
        name,
        ours,
        mailchimps,
        case
            when ours = mailchimps then null
            when of_events and expired then 'events_expired'
            when ours > mailchimps and some_deleted then 'kept_after_deletion'
            when ours > mailchimps then 'changed_while_reading'
            when capped then 'activity_cap'
            when some_deleted then 'deleted_members'
            else 'unexplained'
        end as explanation
    from figures
)

insert into stats.reconciliation as known (
    campaign_id, metric, ours, mailchimps, explanation, unexplained_since, checked_at
)
select
    explained.campaign_id,
    explained.name,
    explained.ours,
    explained.mailchimps,
    explained.explanation,
    case when explained.explanation = 'unexplained' then now() end as unexplained_since,
    clock_timestamp() as checked_at
from explained
on conflict (campaign_id, metric) do update
    set
        ours = excluded.ours,
        mailchimps = excluded.mailchimps,
        explanation = excluded.explanation,
        unexplained_since = case
            when excluded.unexplained_since is not null
                then coalesce(known.unexplained_since, excluded.unexplained_since)
        end,
        checked_at = excluded.checked_at
returning known.metric, known.explanation;
