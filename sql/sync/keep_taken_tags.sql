-- What stays refused after end_taken_tags.sql, and the refusal's row does not say any more. The address has
-- the tag again, and a contact that is elsewhere now does not. Or a person has one collection's tag again,
-- and another collection's was taken, too. Each such contact has a refusal of its own. The digest is of the
-- contact, so it holds at no address.
with kept as (
    select
        back.contact_id,
        back.merged_from,
        back.gone_since,
        refusal.list_id,
        refusal.refused_at,
        refusal.known_at,
        held.collection_id
    from given_back as back
    inner join sync.refusal as refusal on back.refusal_id = refusal.refusal_id
    cross join
        lateral unnest(
            case
                when back.ends_address then array[%(collection_id)s::bigint]
                else array_remove(refusal.collection_ids, %(collection_id)s::bigint)
            end
        ) as held (collection_id)
    where back.contact_id is not null and back.ends_address <> back.is_same_person
),

opened as (
    insert into sync.refusal as refusal (
        kind, list_id, address_digest, collection_ids, known_from, refused_at, known_at, holders_known_at
    )
    select
        'tag_taken' as kind,
        kept.list_id,
        sync.keyed_digest(
            sync.hmac_pad(54), sync.hmac_pad(92), 'contact:' || kept.contact_id
        ) as address_digest,
        array_agg(distinct kept.collection_id) as collection_ids,
        'member' as known_from,
        min(kept.refused_at) as refused_at,
        min(kept.known_at) as known_at,
        now() as holders_known_at
    from kept
    group by kept.list_id, kept.contact_id
    on conflict (list_id, address_digest, kind) where ended_at is null
    do update
        set
            collection_ids = array(
                select distinct every.collection_id
                from
                    unnest(refusal.collection_ids || excluded.collection_ids) -- noqa: RF01
                        as every (collection_id)
                order by every.collection_id
            )
    returning refusal.refusal_id, refusal.list_id, refusal.address_digest
)

insert into sync.refusal_contact (refusal_id, contact_id, merged_from, gone_since)
select distinct on (opened.refusal_id, kept.contact_id)
    opened.refusal_id,
    kept.contact_id,
    kept.merged_from,
    kept.gone_since
from kept
inner join opened
    on
        kept.list_id = opened.list_id
        and opened.address_digest
        = sync.keyed_digest(sync.hmac_pad(54), sync.hmac_pad(92), 'contact:' || kept.contact_id)
order by opened.refusal_id asc, kept.contact_id asc, kept.merged_from is not null asc
on conflict (refusal_id, contact_id) do nothing
