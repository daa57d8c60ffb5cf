-- Refusals made at an address, under a contact, or at the address that a contact has now.
with found as (
    select
        refusal.refusal_id,
        refusal.address_digest = any(%(digests)s::bytea[]) as is_at_address,
        array(
            select belongs.contact_id from sync.refusal_contact as belongs
            where
                belongs.refusal_id = refusal.refusal_id
                and belongs.contact_id = any(%(contact_ids)s::bigint[])
            order by belongs.contact_id
        ) as contact_ids,
        array(
            select distinct belongs.merged_from from sync.refusal_contact as belongs
            where
                belongs.refusal_id = refusal.refusal_id
                and belongs.contact_id = any(%(contact_ids)s::bigint[])
                and belongs.merged_from is not null
            order by belongs.merged_from
        ) as merged_ids
    from sync.refusal as refusal
    where
        refusal.address_digest = any(%(digests)s::bytea[])
        or refusal.refusal_id in (
            select belongs.refusal_id from sync.refusal_contact as belongs
            where belongs.contact_id = any(%(contact_ids)s::bigint[])
        )
        or refusal.address_digest in (
            select holder.address_digest from sync.address_holder as holder
            where holder.contact_id = any(%(contact_ids)s::bigint[]) and holder.left_at is null
        )
)

select
    refusal.kind,
    refusal.list_id,
    array(
        select
            coalesce(
                audience.collection_code,
                known.collection_code,
                former.collection_code,
                held.collection_id::text
            ) as code
        from unnest(refusal.collection_ids) as held (collection_id)
        left join sync.collection_audience as audience on held.collection_id = audience.collection_id
        left join sync.known_collection as known on held.collection_id = known.collection_id
        -- A shared audience that was retired has no other row.
        left join (
            select
                collection_id,
                max(collection_code) as collection_code
            from sync.former_audience
            group by collection_id
        ) as former on held.collection_id = former.collection_id
        order by code
    ) as collection_codes,
    refusal.kind = 'complaint' as holds_everywhere,
    refusal.is_about_person,
    refusal.known_from,
    refusal.refused_at,
    refusal.known_at,
    refusal.ended_at,
    refusal.ended_by,
    found.is_at_address,
    found.contact_ids,
    found.merged_ids
from found
inner join sync.refusal as refusal on found.refusal_id = refusal.refusal_id
order by refusal.ended_at is not null, refusal.known_at, refusal.refusal_id
