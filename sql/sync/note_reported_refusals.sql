-- Unsubscribes and complaints that campaign reports name and no look at an audience showed. The member may
-- be gone before we looked. They are of one campaign, or of all campaigns of one audience.
--
-- For a member that we know, the report counts for 60 days only. The person may have subscribed again
-- since, and retention may have removed the ended refusal (expire_refusals.sql).
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

reported as (
    select
        unsubscribe.list_id,
        unsubscribe.subscriber_hash,
        'unsubscribed' as kind,
        unsubscribe.unsubscribed_at as refused_at,
        unsubscribe.first_seen_at
    from stats.campaign_unsubscribes as unsubscribe
    where
        (%(campaign_id)s::text is null or unsubscribe.campaign_id = %(campaign_id)s::text)
        and (%(list_id)s::text is null or unsubscribe.list_id = %(list_id)s::text)
    union
    select
        complaint.list_id,
        complaint.subscriber_hash,
        'complaint' as kind,
        -- A complaint without a time came after the campaign.
        coalesce(complaint.reported_at, campaign.sent_at) as refused_at,
        complaint.first_seen_at
    from stats.campaign_abuse_reports as complaint
    inner join stats.campaigns as campaign on complaint.campaign_id = campaign.campaign_id
    where
        (%(campaign_id)s::text is null or complaint.campaign_id = %(campaign_id)s::text)
        and (%(list_id)s::text is null or complaint.list_id = %(list_id)s::text)
),

digested as (
    select
        reported.list_id,
        reported.kind,
        reported.refused_at,
        member.contact_id,
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, reported.subscriber_hash)
        ) as address_digest
    from reported
    cross join pads
    left join sync.member as member
        on reported.list_id = member.list_id and reported.subscriber_hash = member.subscriber_hash
    -- An erased person has a random token here.
    left join stats.members as recipient
        on
            reported.list_id = recipient.list_id
            and reported.subscriber_hash = recipient.subscriber_hash
            and recipient.is_erased
    left join lateral (
        select same.address_hash from sync.subscriber_alias as same
        where same.subscriber_hash = reported.subscriber_hash
        order by same.address_hash
        limit 1
    ) as alias on true
    where
        reported.refused_at is not null
        and recipient.subscriber_hash is null
        -- Without the key nothing is pushed either.
        and pads.inner_pad is not null
        and exists (
            select from sync.audience_use as used
            where used.list_id = reported.list_id
        )
        and (
            member.subscriber_hash is null
            or (
                greatest(reported.first_seen_at, reported.refused_at) > now() - interval '60 days'
                -- A member that subscribed again later is left alone.
                and (member.status is distinct from 'subscribed' or member.last_changed < reported.refused_at)
            )
        )
),

opened as (
    insert into sync.refusal (
        kind, list_id, address_digest, collection_ids, known_from, refused_at
    )
    select distinct on (digested.list_id, digested.address_digest, digested.kind)
        digested.kind,
        digested.list_id,
        digested.address_digest,
        array(
            select used.collection_id from sync.audience_use as used
            where used.list_id = digested.list_id and used.settled_at is null
            order by used.collection_id
        ) as collection_ids,
        'campaign_report' as known_from,
        digested.refused_at
    from digested
    where
        not exists (
            select from sync.refusal as known
            where
                known.list_id = digested.list_id
                and known.address_digest = digested.address_digest
                and case
                    when known.ended_at is null then known.kind = digested.kind
                    -- The sign-up that ended the refusal is later than the report's event.
                    else
                        known.kind not in ('withdrawal', 'unconfirmed')
                        and known.refused_at >= digested.refused_at
                end
        )
    order by digested.list_id asc, digested.address_digest asc, digested.kind asc, digested.refused_at desc
    on conflict (list_id, address_digest, kind) where ended_at is null do nothing
    returning refusal_id, list_id, address_digest, kind
)

insert into sync.refusal_contact (refusal_id, contact_id)
select
    opened.refusal_id,
    digested.contact_id
from opened
inner join digested
    on
        opened.list_id = digested.list_id
        and opened.address_digest = digested.address_digest
        and opened.kind = digested.kind
where digested.contact_id is not null
union
select
    opened.refusal_id,
    holder.contact_id
from opened
inner join sync.address_holder as holder on opened.address_digest = holder.address_digest
left join sync.audience_look as look on opened.list_id = look.list_id
where holder.left_at is null or look.looked_at is null or holder.left_at >= look.looked_at
on conflict do nothing
