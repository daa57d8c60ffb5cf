-- A collection leaves a shared audience. Somebody took its tag from a member whose address changed in
-- Mailchimp since. In the audience the member shows that. Elsewhere only a refusal at the present address
-- does.
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

taken as (
    select
        tagged.contact_id,
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, tagged.subscriber_hash)
        ) as address_digest
    from sync.tag_member as tagged
    cross join pads
    left join lateral (
        select same.address_hash from sync.subscriber_alias as same
        where same.subscriber_hash = tagged.subscriber_hash
        order by same.address_hash
        limit 1
    ) as alias on true
    where
        tagged.list_id = %(list_id)s
        and tagged.collection_id = %(collection_id)s
        and tagged.taken_by_hand_at is not null
),

refusing as (
    select distinct on (taken.address_digest, taken.contact_id)
        taken.address_digest,
        taken.contact_id,
        refusal.refused_at,
        refusal.known_at
    from taken
    inner join sync.refusal_contact as belongs on taken.contact_id = belongs.contact_id
    inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
    where
        refusal.kind = 'tag_taken'
        and refusal.list_id = %(list_id)s
        and refusal.ended_at is null
        and %(collection_id)s = any(refusal.collection_ids)
        and not exists (
            select from sync.refusal as present
            where
                present.kind = 'tag_taken'
                and present.list_id = %(list_id)s
                and present.ended_at is null
                and present.address_digest = taken.address_digest
                and %(collection_id)s = any(present.collection_ids)
        )
    order by taken.address_digest asc, taken.contact_id asc, refusal.refused_at asc
),

refused as (
    insert into sync.refusal as refusal (
        kind, list_id, address_digest, collection_ids, known_from, refused_at, known_at, holders_known_at
    )
    select
        'tag_taken' as kind,
        %(list_id)s::text as list_id,
        refusing.address_digest,
        array[%(collection_id)s::bigint] as collection_ids,
        'member' as known_from,
        min(refusing.refused_at) as refused_at,
        min(refusing.known_at) as known_at,
        now() as holders_known_at
    from refusing
    group by refusing.address_digest
    on conflict (list_id, address_digest, kind) where ended_at is null
    do update
        set collection_ids = array_append(refusal.collection_ids, %(collection_id)s::bigint)
    returning refusal.refusal_id, refusal.address_digest
)

insert into sync.refusal_contact (refusal_id, contact_id)
select
    refused.refusal_id,
    refusing.contact_id
from refused
inner join refusing on refused.address_digest = refusing.address_digest
on conflict (refusal_id, contact_id) do nothing
