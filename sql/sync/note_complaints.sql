-- Complaints of an audience: of members that unsubscribed, and of addresses that are no member any more. The
-- person may have changed the address in Mailchimp since, or the member was deleted before anybody looked.
--
-- Mailchimp keeps a report after the person signed up again. So a report that is not newer than an ended
-- complaint of the address says nothing new.
with listed as (
    select
        subscriber_hash,
        reported_at
    from
        unnest(%(subscriber_hashes)s::text[], %(moments)s::timestamptz[])
            as given (subscriber_hash, reported_at)
),

named as (
    select
        listed.subscriber_hash,
        max(listed.reported_at) as reported_at
    from listed
    where
        not exists (
            select from sync.member as known
            where
                known.list_id = %(list_id)s
                and known.subscriber_hash = listed.subscriber_hash
                and known.cause = 'complaint'
        )
    group by listed.subscriber_hash
),

pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

digested as (
    select
        named.subscriber_hash,
        named.reported_at,
        (
            select changed.new_hash from sync.changed_address as changed
            where changed.list_id = %(list_id)s and changed.old_hash = named.subscriber_hash
            order by changed.changed_at desc
            limit 1
        ) as new_hash,
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, named.subscriber_hash)
        ) as address_digest
    from named
    cross join pads
    left join lateral (
        select same.address_hash from sync.subscriber_alias as same
        where same.subscriber_hash = named.subscriber_hash
        order by same.address_hash
        limit 1
    ) as alias on true
    -- Without the key nothing is pushed either.
    where pads.inner_pad is not null
),

fresh as (
    select digested.*
    from digested
    where
        not exists (
            select from sync.refusal as ended
            where
                ended.list_id = %(list_id)s
                and ended.address_digest = digested.address_digest
                and ended.kind = 'complaint'
                and ended.ended_at is not null
                and ended.refused_at >= digested.reported_at
        )
),

-- One row for each id that the member had or has: an equality finds it by the primary key.
concerned as (
    select
        fresh.address_digest,
        fresh.subscriber_hash
    from fresh
    union
    select
        fresh.address_digest,
        fresh.new_hash as subscriber_hash
    from fresh
    where fresh.new_hash is not null
),

of_members as (
    update sync.member as member
    set cause = 'complaint', opted_out = true
    from concerned
    where
        member.list_id = %(list_id)s
        and concerned.subscriber_hash = member.subscriber_hash
        and member.cause = 'own_unsubscribe'
        and not member.complaint_checked
),

opened as (
    insert into sync.refusal (
        kind, list_id, address_digest, collection_ids, known_from, refused_at
    )
    select
        'complaint' as kind,
        %(list_id)s::text as list_id,
        fresh.address_digest,
        array(
            select used.collection_id from sync.audience_use as used
            where used.list_id = %(list_id)s and used.settled_at is null
            order by used.collection_id
        ) as collection_ids,
        'abuse_report' as known_from,
        fresh.reported_at as refused_at
    from fresh
    where
        not exists (
            select from concerned
            inner join sync.member as known
                on known.list_id = %(list_id)s and concerned.subscriber_hash = known.subscriber_hash
            where
                concerned.address_digest = fresh.address_digest
                and known.cause is distinct from 'forgotten'
        )
        -- We keep nothing about an erased person. The suppression list enforces the erasure.
        and not exists (
            select from sync.erased_subscriber as erased
            where erased.digest = fresh.address_digest
        )
    on conflict (list_id, address_digest, kind) where ended_at is null do nothing
    returning refusal_id, address_digest
)

insert into sync.refusal_contact (refusal_id, contact_id)
select
    opened.refusal_id,
    holder.contact_id
from opened
inner join sync.address_holder as holder on opened.address_digest = holder.address_digest
left join sync.audience_look as look on look.list_id = %(list_id)s::text
where holder.left_at is null or look.looked_at is null or holder.left_at >= look.looked_at
on conflict do nothing
