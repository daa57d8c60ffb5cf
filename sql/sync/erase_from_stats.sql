-- Keeps the events, so that totals stay true, under a random token that leads to no person. It removes IP
-- addresses, free text, and links that contain the address. Returns the changed rows by table.
with sent as (
    select
        campaign.campaign_id,
        erased.subscriber_hash,
        erased.token
    from stats.campaigns as campaign
    inner join erased_hash as erased
        on campaign.sent_at is null or campaign.sent_at <= erased.belongs_until
),

-- The token replaces the person everywhere. The marts count these rows again, and drop members that no
-- table names any more.
known as (
    select
        member.list_id,
        member.subscriber_hash,
        erased.token
    from stats.members as member
    inner join erased_hash as erased on member.subscriber_hash = erased.subscriber_hash
),

member as (
    insert into stats.members (list_id, subscriber_hash, is_erased)
    select
        list_id,
        token,
        true as is_erased
    from known
    on conflict (list_id, subscriber_hash) do nothing
),

noted as (
    insert into mart.changed_member (list_id, subscriber_hash)
    select
        list_id,
        subscriber_hash
    from known
    union all
    select
        list_id,
        token
    from known
),

recipient as (
    update stats.campaign_recipients as recipient
    set
        subscriber_hash = sent.token,
        gmt_offset = null,
        extra = null,
        activity_extra = null,
        changed_at = clock_timestamp()
    from sent
    where recipient.campaign_id = sent.campaign_id and recipient.subscriber_hash = sent.subscriber_hash
    returning 1
),

engagement as (
    update stats.recipient_engagement as engagement
    set subscriber_hash = sent.token, changed_at = clock_timestamp()
    from sent
    where engagement.campaign_id = sent.campaign_id and engagement.subscriber_hash = sent.subscriber_hash
    returning 1
),

unsubscribe as (
    update stats.campaign_unsubscribes as unsubscribe
    set
        subscriber_hash = sent.token,
        extra = null,
        -- A reason in the person's own words may show who wrote it. A reason that other people gave too
        -- does not.
        reason = case
            when
                exists (
                    select from stats.campaign_unsubscribes as other
                    where
                        other.reason = unsubscribe.reason
                        and other.subscriber_hash <> unsubscribe.subscriber_hash
                )
                then unsubscribe.reason
        end
    from sent
    where unsubscribe.campaign_id = sent.campaign_id and unsubscribe.subscriber_hash = sent.subscriber_hash
    returning 1
),

complaint as (
    update stats.campaign_abuse_reports as complaint
    set subscriber_hash = sent.token, extra = null
    from sent
    where complaint.campaign_id = sent.campaign_id and complaint.subscriber_hash = sent.subscriber_hash
    returning 1
),

link_member as (
    update stats.link_member_clicks as link_member
    set subscriber_hash = sent.token, extra = null
    from sent
    where link_member.campaign_id = sent.campaign_id and link_member.subscriber_hash = sent.subscriber_hash
    returning 1
),

removed_event as (
    delete from stats.campaign_activities as event
    using sent
    where event.campaign_id = sent.campaign_id and event.subscriber_hash = sent.subscriber_hash
    returning event.*, sent.token
),

freed_event as (
    select
        event.*,
        case
            when
                position(event.subscriber_hash in event.url) > 0
                or exists (
                    select from erased_address as erased
                    where
                        position(erased.address in lower(event.url)) > 0
                        or position(replace(erased.address, '@', '%%40') in lower(event.url)) > 0
                )
                then substring(event.url from '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*')
            else event.url
        end as freed_url
    from removed_event as event
),

event as (
    insert into stats.campaign_activities (
        campaign_id, list_id, subscriber_hash, action, occurred_at, url, bounce_type, is_proxy_open, ordinal,
        first_seen_at, bot_rule
    )
    select
        campaign_id,
        list_id,
        token,
        action,
        occurred_at,
        freed_url,
        bounce_type,
        is_proxy_open,
        row_number() over (
            partition by campaign_id, token, action, occurred_at, freed_url
            order by url, ordinal
        ) as ordinal,
        first_seen_at,
        bot_rule
    from freed_event
    returning 1
),

-- Events that retention counted and removed. A link may contain the address, so only the number of events
-- stays.
replaced as materialized (
    select
        expired.campaign_id,
        expired.subscriber_hash,
        sent.token,
        array(select gen_random_uuid() from unnest(expired.links)) as links,
        cardinality(expired.bot_links) as only_bots
    from stats.expired_engagement as expired
    inner join sent
        on expired.campaign_id = sent.campaign_id and expired.subscriber_hash = sent.subscriber_hash
),

expired as (
    update stats.expired_engagement as expired
    set
        subscriber_hash = replaced.token,
        links = replaced.links,
        bot_links = replaced.links[1:replaced.only_bots]
    from replaced
    where
        expired.campaign_id = replaced.campaign_id and expired.subscriber_hash = replaced.subscriber_hash
    returning 1
),

activity as (
    delete from stats.member_activities as activity
    using erased_hash as erased
    where
        activity.subscriber_hash = erased.subscriber_hash
        and activity.occurred_at <= erased.belongs_until
    returning 1
),

feed as (
    delete from stats.member_activity_state as feed
    using erased_hash as erased
    where feed.subscriber_hash = erased.subscriber_hash and feed.as_of <= erased.belongs_until
),

mart as (
    delete from mart.member_engagement as engagement
    where engagement.subscriber_hash in (select erased.subscriber_hash from erased_hash as erased)
    returning 1
)

select
    jsonb_build_object(
        'stats.campaign_recipients', (select count(*) from recipient),
        'stats.recipient_engagement', (select count(*) from engagement),
        'stats.campaign_unsubscribes', (select count(*) from unsubscribe),
        'stats.campaign_abuse_reports', (select count(*) from complaint),
        'stats.link_member_clicks', (select count(*) from link_member),
        'stats.campaign_activities', (select count(*) from event),
        'stats.expired_engagement', (select count(*) from expired),
        'stats.member_activities', (select count(*) from activity),
        'mart.member_engagement', (select count(*) from mart)
    ) as rows_removed
