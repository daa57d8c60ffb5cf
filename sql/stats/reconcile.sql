-- Both counts of every metric, and the evidence that may explain a difference. Evidence is counted as the
-- metric counts: members, events, or pairs of member and link.
with report as (
    select latest.*
    from stats.latest_report as latest
    where latest.campaign_id = %(campaign_id)s
),

recipient as (
    select
        sent.subscriber_hash,
        sent.delivery_status,
        sent.first_seen_at,
        sent.gone_at
    from stats.campaign_recipients as sent
    where sent.campaign_id = %(campaign_id)s
),

held as (
    select
        count(*) as recipients,
        count(*) filter (where delivery_status = 'hard') as hard,
        count(*) filter (where delivery_status = 'soft') as soft,
        count(*) filter (where gone_at is not null) as gone,
        count(*) filter (where gone_at is not null and delivery_status = 'hard') as gone_hard,
        count(*) filter (where gone_at is not null and delivery_status = 'soft') as gone_soft,
        min(first_seen_at) as first_seen_at
    from recipient
),

engagement as (
    select
        counted.*,
        recipient.gone_at is not null as is_gone
    from stats.recipient_engagement as counted
    left join recipient on counted.subscriber_hash = recipient.subscriber_hash
    where counted.campaign_id = %(campaign_id)s
),

engaged as (
    select
        coalesce(sum(opens), 0) as opens,
        coalesce(sum(opens - proxy_opens), 0) as human_opens,
        coalesce(sum(unflagged_opens), 0) as unflagged_opens,
        count(*) filter (where opens > 0) as openers,
        count(*) filter (where opens > proxy_opens) as human_openers,
        count(*) filter (where unflagged_opens > 0 and opens - proxy_opens <= unflagged_opens)
            as unflagged_openers,
        coalesce(sum(clicks), 0) as clicks,
        coalesce(sum(links_clicked), 0) as pairs,
        count(*) filter (where clicks > 0) as clickers,
        coalesce(sum(hard_bounces), 0) as hard,
        coalesce(sum(soft_bounces), 0) as soft,
        coalesce(sum(opens) filter (where is_gone), 0) as gone_opens,
        coalesce(sum(opens - proxy_opens) filter (where is_gone), 0) as gone_human_opens,
        count(*) filter (where is_gone and opens > 0) as gone_openers,
        count(*) filter (where is_gone and opens > proxy_opens) as gone_human_openers,
        coalesce(sum(clicks) filter (where is_gone), 0) as gone_clicks,
        coalesce(sum(links_clicked) filter (where is_gone), 0) as gone_pairs,
        count(*) filter (where is_gone and clicks > 0) as gone_clickers,
        coalesce(sum(hard_bounces) filter (where is_gone), 0) as gone_hard,
        coalesce(sum(soft_bounces) filter (where is_gone), 0) as gone_soft,
        coalesce(sum(greatest(opens_reported - opens, 0)) filter (where opens >= %(cap)s), 0) as capped_opens,
        -- Mailchimp counts these opens for members that it lists: none is of a deleted member.
        coalesce(
            sum(greatest(opens_reported - opens, 0)) filter (where opens < %(cap)s and not is_gone), 0
        ) as late_opens
    from engagement
),

-- Members whose clicks reach the limit. Mailchimp counts all their clicks per link and member.
capped as (
    select
        coalesce(sum(greatest(counted.clicks - engagement.clicks, 0)), 0) as clicks,
        coalesce(sum(greatest(counted.links - engagement.links_clicked, 0)), 0) as pairs
    from engagement
    cross join
        lateral (
            select
                sum(link_member.clicks) as clicks,
                count(*) as links
            from stats.link_member_clicks as link_member
            where
                link_member.campaign_id = engagement.campaign_id
                and link_member.subscriber_hash = engagement.subscriber_hash
        ) as counted
    where engagement.clicks >= %(cap)s
),

unsubscribed as (
    select
        count(*) as members,
        count(*) filter (where recipient.gone_at is not null) as gone
    from stats.campaign_unsubscribes as unsubscribe
    left join recipient on unsubscribe.subscriber_hash = recipient.subscriber_hash
    where unsubscribe.campaign_id = %(campaign_id)s
),

complained as (
    select
        count(*) as reports,
        count(*) filter (where recipient.gone_at is not null) as gone
    from stats.campaign_abuse_reports as complaint
    left join recipient on complaint.subscriber_hash = recipient.subscriber_hash
    where complaint.campaign_id = %(campaign_id)s
),

linked as (
    select coalesce(sum(total_clicks), 0) as clicks
    from stats.link_clicks
    where campaign_id = %(campaign_id)s
),

linked_members as (
    select
        coalesce(sum(link_member.clicks), 0) as clicks,
        coalesce(sum(link_member.clicks) filter (where recipient.gone_at is not null), 0) as gone_clicks
    from stats.link_member_clicks as link_member
    left join recipient on link_member.subscriber_hash = recipient.subscriber_hash
    where link_member.campaign_id = %(campaign_id)s
),

forgotten as (
    select count(*) as members
    from report
    inner join stats.campaigns as campaign on report.campaign_id = campaign.campaign_id
    cross join held
    inner join sync.erased_subscriber as gone
        on
            campaign.sent_at < gone.noted_at
            and coalesce(held.first_seen_at, now()) >= gone.noted_at
),

-- Members that were erased before a first reading found them as recipients. Never more than the recipients
-- that we miss, because most erased people never got this campaign.
erased as (
    select least(forgotten.members, greatest(report.emails_sent - held.recipients, 0)) as members
    from report
    cross join held
    cross join forgotten
),

-- Erased members that can have opened or clicked: never more than the openers and clickers that we miss.
absent as (
    select
        least(erased.members, greatest(report.unique_opens - engaged.openers, 0)) as openers,
        least(
            erased.members, greatest(report.proxy_excluded_unique_opens - engaged.human_openers, 0)
        ) as human_openers,
        least(erased.members, greatest(report.unique_subscriber_clicks - engaged.clickers, 0)) as clickers
    from report
    cross join engaged
    cross join erased
),

clickers_known as (
    select
        link_id,
        sum(clicks) as clicks,
        count(*) as members
    from stats.link_member_clicks
    where campaign_id = %(campaign_id)s
    group by link_id
),

missing_link as (
    select
        link.link_id,
        greatest(link.total_clicks - coalesce(known.clicks, 0), 0) as clicks,
        greatest(link.unique_clicks - coalesce(known.members, 0), 0) as members
    from stats.link_clicks as link
    left join clickers_known as known on link.link_id = known.link_id
    where link.campaign_id = %(campaign_id)s
),

-- Erased members cannot have clicked a link if all its clickers are known.
absent_clicks as (
    select
        coalesce(sum(missing_link.clicks) filter (where missing_link.members > 0), 0) as clicks,
        coalesce(sum(least(missing_link.members, absent.clickers)), 0) as pairs
    from missing_link
    cross join absent
),

-- What happened before the first reading, and the part of it that absent members can have done.
erased_did as (
    select
        least(coalesce(early.opens_total, 0), absent.openers * %(cap)s) as opens,
        least(coalesce(early.proxy_excluded_opens, 0), absent.human_openers * %(cap)s) as human_opens,
        least(
            coalesce(early.clicks_total, 0), absent.clickers * %(cap)s, absent_clicks.clicks
        ) as clicks,
        least(coalesce(early.unique_clicks, 0), absent_clicks.pairs) as pairs
    from absent
    cross join absent_clicks
    cross join held
    left join lateral (
        select snapshot.*
        from stats.report_snapshots as snapshot
        where snapshot.campaign_id = %(campaign_id)s and snapshot.taken_at <= held.first_seen_at
        order by snapshot.taken_at desc
        limit 1
    ) as early on true
),

-- Deleted members that can have opened or clicked unseen. These are members that did so before, and others
-- up to the number of openers and clickers that we miss.
gone_actors as (
    select
        engaged.gone_openers + least(
            held.gone - engaged.gone_openers, greatest(report.unique_opens - engaged.openers, 0)
        ) as openers,
        engaged.gone_human_openers + least(
            held.gone - engaged.gone_human_openers,
            greatest(report.proxy_excluded_unique_opens - engaged.human_openers, 0)
        ) as human_openers,
        engaged.gone_clickers + least(
            held.gone - engaged.gone_clickers,
            greatest(report.unique_subscriber_clicks - engaged.clickers, 0)
        ) as clickers
    from report
    cross join held
    cross join engaged
),

-- The part of Mailchimp's totals that its listed members do not explain.
left_over as (
    select
        greatest(
            report.opens_total - engaged.opens - engaged.capped_opens - engaged.late_opens, 0
        ) as opens,
        coalesce(sum(missing_link.clicks), 0) as clicks,
        coalesce(sum(missing_link.members), 0) as pairs
    from report
    cross join engaged
    left join missing_link on true
    group by report.opens_total, engaged.opens, engaged.capped_opens, engaged.late_opens
),

gone_did as (
    select
        least(
            least(growth.opens, gone_actors.openers * %(cap)s) + erased_did.opens, left_over.opens
        ) as opens,
        least(
            least(growth.human_opens, gone_actors.human_openers * %(cap)s) + erased_did.human_opens,
            left_over.opens
        ) as human_opens,
        least(
            least(growth.clicks, gone_actors.clickers * %(cap)s) + erased_did.clicks, left_over.clicks
        ) as clicks,
        least(
            least(growth.pairs, gone_actors.clickers * %(cap)s) + erased_did.pairs, left_over.pairs
        ) as pairs
    from stats.growth_unseen(%(campaign_id)s) as growth
    cross join erased_did
    cross join gone_actors
    cross join left_over
),

series as (
    select
        coalesce(sum(mail.emails_sent), 0) as sent,
        coalesce(sum(mail.emails_sent) filter (where campaign.gone_at is not null), 0) as gone
    from stats.campaigns as campaign
    inner join stats.latest_report as mail on campaign.campaign_id = mail.campaign_id
    where campaign.parent_campaign_id = %(campaign_id)s
),

-- Rows that could not be read. They explain no more than what is missing.
left_out as (
    select
        hidden.metric,
        sum(hidden.amount::numeric) as amount,
        string_agg(
            known.left_out_rows || ' rows of stream ' || known.stream || ' were left out: ' || known.problem,
            '; ' order by known.stream, known.problem
        ) as detail
    from stats.left_out as known
    cross join jsonb_each_text(known.hides) as hidden (metric, amount)
    where known.campaign_id = %(campaign_id)s and hidden.amount::numeric > 0
    group by hidden.metric
),

figures as (
    select
        report.campaign_id,
        metric.name,
        metric.ours,
        metric.mailchimps,
        greatest(metric.cap_hides, 0) as cap_hides,
        greatest(metric.deleted_hide, 0) as deleted_hide,
        metric.deleted_hold,
        metric.flags_missing,
        least(coalesce(left_out.amount, 0), greatest(metric.mailchimps - metric.ours, 0))::bigint as left_out,
        left_out.detail
    from report
    inner join stats.campaigns as campaign on report.campaign_id = campaign.campaign_id
    cross join held
    cross join series
    cross join engaged
    cross join capped
    cross join unsubscribed
    cross join complained
    cross join linked
    cross join linked_members
    cross join erased
    cross join gone_did
    cross join
        lateral (
            values
            ('emails_sent', held.recipients, report.emails_sent, 0, erased.members, held.gone, 0),
            (
                'hard_bounced_recipients', held.hard, report.hard_bounces, 0,
                held.gone - held.gone_hard - held.gone_soft + erased.members, held.gone_hard, 0
            ),
            (
                'soft_bounced_recipients', held.soft, report.soft_bounces, 0,
                held.gone - held.gone_hard - held.gone_soft + erased.members, held.gone_soft, 0
            ),
            (
                'opens_total', engaged.opens, report.opens_total, engaged.capped_opens, gone_did.opens,
                engaged.gone_opens, 0
            ),
            (
                'unique_opens', engaged.openers, report.unique_opens, 0,
                held.gone - engaged.gone_openers + erased.members, engaged.gone_openers, 0
            ),
            (
                'clicks_total', engaged.clicks, report.clicks_total, capped.clicks, gone_did.clicks,
                engaged.gone_clicks, 0
            ),
            (
                'unique_clicks', engaged.pairs, report.unique_clicks, capped.pairs, gone_did.pairs,
                engaged.gone_pairs, 0
            ),
            (
                'unique_subscriber_clicks', engaged.clickers, report.unique_subscriber_clicks, 0,
                held.gone - engaged.gone_clickers + erased.members, engaged.gone_clickers, 0
            ),
            (
                'hard_bounces', engaged.hard, report.hard_bounces, 0,
                held.gone - engaged.gone_hard - engaged.gone_soft + erased.members, engaged.gone_hard, 0
            ),
            (
                'soft_bounces', engaged.soft, report.soft_bounces, 0,
                held.gone - engaged.gone_hard - engaged.gone_soft + erased.members, engaged.gone_soft, 0
            ),
            -- Opens without a flag count as human ones on our side. Opens beyond the limit may be of either
            -- kind, so the limit explains as much here as for all opens.
            (
                'proxy_excluded_opens', engaged.human_opens,
                coalesce(report.proxy_excluded_opens, engaged.human_opens), engaged.capped_opens,
                gone_did.human_opens, engaged.gone_human_opens,
                case when report.proxy_excluded_opens is null then 0 else engaged.unflagged_opens end
            ),
            (
                'proxy_excluded_unique_opens', engaged.human_openers,
                coalesce(report.proxy_excluded_unique_opens, engaged.human_openers), 0,
                held.gone - engaged.gone_human_openers + erased.members, engaged.gone_human_openers,
                case when report.proxy_excluded_opens is null then 0 else engaged.unflagged_openers end
            ),
            (
                'unsubscribed', unsubscribed.members, report.unsubscribed, 0,
                held.gone - unsubscribed.gone + erased.members, unsubscribed.gone, 0
            ),
            (
                'abuse_reports', complained.reports, report.abuse_reports, 0,
                held.gone - complained.gone + erased.members, complained.gone, 0
            ),
            ('link_clicks', linked.clicks, report.clicks_total, 0, 0, 0, 0),
            (
                'link_member_clicks', linked_members.clicks, report.clicks_total, 0, gone_did.clicks,
                linked_members.gone_clicks, 0
            ),
            ('series_emails_sent', series.sent, report.emails_sent, 0, 0, series.gone, 0)
        ) as metric (name, ours, mailchimps, cap_hides, deleted_hide, deleted_hold, flags_missing)
    left join left_out on metric.name = left_out.metric
    where (metric.name = 'series_emails_sent') = campaign.is_series
)

insert into stats.reconciliation as known (
    campaign_id, metric, ours, mailchimps, cap_hides, deleted_hide, deleted_hold, flags_missing, left_out,
    detail, checked_at
)
select
    figures.*,
    clock_timestamp() as checked_at
from figures
on conflict (campaign_id, metric) do update set
    ours = excluded.ours,
    mailchimps = excluded.mailchimps,
    cap_hides = excluded.cap_hides,
    deleted_hide = excluded.deleted_hide,
    deleted_hold = excluded.deleted_hold,
    flags_missing = excluded.flags_missing,
    left_out = excluded.left_out,
    detail = excluded.detail,
    checked_at = excluded.checked_at;
