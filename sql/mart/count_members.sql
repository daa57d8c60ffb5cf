-- Counts of the touched members over all their campaigns. The other columns say the present state of the
-- member. It comes from sync.member. A report counts instead if it names a departure after the newest
-- change there and after the last mail. Only the touched members are counted. So their other rows are looked
-- up by key, one member at a time (offset 0). A join might read all members.
create temporary table counted_member on commit drop as
with received_sums as (
    select
        list_id,
        subscriber_hash,
        count(*) as campaigns_received,
        count(*) filter (where delivered) as campaigns_delivered,
        count(*) filter (where opens > 0) as campaigns_opened,
        count(*) filter (where opens > proxy_opens) as campaigns_human_opened,
        count(*) filter (where clicks > 0) as campaigns_clicked,
        count(*) filter (where clicks > bot_clicks) as campaigns_human_clicked,
        sum(opens)::bigint as opens,
        sum(proxy_opens)::bigint as proxy_opens,
        sum(clicks)::bigint as clicks,
        sum(bot_clicks)::bigint as bot_clicks,
        sum(hard_bounces)::bigint as hard_bounces,
        sum(soft_bounces)::bigint as soft_bounces,
        count(unsubscribed_at) as unsubscribes,
        min(received_at) as first_sent_at,
        max(received_at) as last_sent_at,
        max(received_at) filter (where not has_hard_bounced) as last_taken_at,
        max(received_at) filter (where has_hard_bounced) as last_hard_bounced_at,
        max(gone_at) as last_gone_at,
        min(first_open_at) as first_open_at,
        max(last_open_at) as last_open_at,
        min(first_human_open_at) as first_human_open_at,
        max(last_human_open_at) as last_human_open_at,
        min(first_click_at) as first_click_at,
        max(last_click_at) as last_click_at,
        min(first_human_click_at) as first_human_click_at,
        max(last_human_click_at) as last_human_click_at,
        max(unsubscribed_at) as last_unsubscribed_at
    from received
    group by list_id, subscriber_hash
)

select
    touched.list_id,
    touched.subscriber_hash,
    touched.contact_id,
    touched.contact_key,
    touched.changed,
    sums.campaigns_received,
    sums.campaigns_delivered,
    sums.campaigns_opened,
    sums.campaigns_human_opened,
    sums.campaigns_clicked,
    sums.campaigns_human_clicked,
    sums.opens,
    sums.proxy_opens,
    sums.clicks,
    sums.bot_clicks,
    sums.hard_bounces,
    sums.soft_bounces,
    sums.unsubscribes,
    complaints.abuse_reports,
    sums.first_sent_at,
    sums.last_sent_at,
    sums.first_open_at,
    sums.last_open_at,
    sums.first_human_open_at,
    sums.last_human_open_at,
    sums.first_click_at,
    sums.last_click_at,
    sums.first_human_click_at,
    sums.last_human_click_at,
    sums.last_unsubscribed_at,
    our_member.list_id is not null as in_ledger,
    our_member.origin,
    coalesce(known.is_erased, false) as is_erased,
    case
        when known.is_erased then 'erased'
        when sums.list_id is null and our_member.list_id is null and departure.left_at is null then 'unknown'
        when
            departure.left_at >= coalesce(our_member.last_changed, '-infinity')
            and departure.left_at >= coalesce(sums.last_sent_at, '-infinity')
            and coalesce(our_member.status, 'subscribed') in ('subscribed', 'pending')
            then 'unsubscribed'
        -- Mailchimp removes an address at its first hard bounce. If a later mail went to the address,
        -- somebody put it back.
        when
            sums.last_hard_bounced_at >= coalesce(our_member.last_changed, '-infinity')
            and sums.last_hard_bounced_at > coalesce(sums.last_taken_at, '-infinity')
            and coalesce(our_member.status, 'subscribed') in ('subscribed', 'pending')
            then 'cleaned'
        -- sync.member sees deletions itself, and what came after them. Other members are back with their
        -- next mail.
        when
            our_member.list_id is null
            and sums.last_gone_at >= coalesce(sums.last_sent_at, '-infinity')
            then 'deleted'
        else coalesce(our_member.status, 'subscribed')
    end as status
from touched_member as touched
left join received_sums as sums
    on touched.list_id = sums.list_id and touched.subscriber_hash = sums.subscriber_hash
left join
    lateral (
        select
            count(*) as abuse_reports,
            max(coalesce(report.reported_at, report.first_seen_at)) as last_reported_at
        from stats.campaign_abuse_reports as report
        where report.subscriber_hash = touched.subscriber_hash and report.list_id = touched.list_id
    ) as complaints
    on true
left join
    lateral (
        select
            member.list_id,
            member.status,
            member.origin,
            member.last_changed
        from sync.member as member
        where member.list_id = touched.list_id and member.subscriber_hash = touched.subscriber_hash
        offset 0
    ) as our_member
    on true
left join
    lateral (
        select member.is_erased
        from stats.members as member
        where member.list_id = touched.list_id and member.subscriber_hash = touched.subscriber_hash
        offset 0
    ) as known
    on true
cross join
    lateral (
        values (greatest(sums.last_unsubscribed_at, complaints.last_reported_at))
    ) as departure (left_at)
where
    sums.list_id is not null
    or our_member.list_id is not null
    -- Members with events before the list of recipients named them. Looked up by the indexes, one at a
    -- time: a join might read every event.
    or (
        select true
        from stats.named_member as named
        where named.list_id = touched.list_id and named.subscriber_hash = touched.subscriber_hash
        limit 1
    );
