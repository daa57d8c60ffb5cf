-- Unsubscribes and complaints that reports of campaigns tell of and no look at an audience showed: the member
-- may be gone before anybody looked. A member that subscribed again later is left alone.
with reported as (
    select
        list_id,
        subscriber_hash,
        'unsubscribed' as kind,
        unsubscribed_at as refused_at
    from stats.campaign_unsubscribes
    where campaign_id = %(campaign_id)s
    union
    select
        list_id,
        subscriber_hash,
        'complaint' as kind,
        reported_at as refused_at
    from stats.campaign_abuse_reports
    where campaign_id = %(campaign_id)s
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
    cross join (select sync.hmac_pad(54) as inner_pad, sync.hmac_pad(92) as outer_pad offset 0) as pads
    left join sync.member as member
        on reported.list_id = member.list_id and reported.subscriber_hash = member.subscriber_hash
    left join lateral (
        select same.address_hash from sync.subscriber_alias as same
        where same.subscriber_hash = reported.subscriber_hash
        order by same.address_hash
        limit 1
    ) as alias on true
    where
        exists (
            select from sync.audience_use as used
            where used.list_id = reported.list_id
        )
        and (
            member.subscriber_hash is null
            or member.status is distinct from 'subscribed'
            or member.last_changed < reported.refused_at
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
        ),
        'campaign_report',
        digested.refused_at
    from digested
    where
        not exists (
            select from sync.refusal as known
            where
                known.list_id = digested.list_id
                and known.address_digest = digested.address_digest
                and known.kind = digested.kind
                and (known.ended_at is null or known.refused_at >= digested.refused_at)
        )
    order by digested.list_id, digested.address_digest, digested.kind, digested.refused_at desc
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
