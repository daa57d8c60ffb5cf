-- Ends what given_back has. A refusal whose address has the tag again ends, unless it is another
-- collection's, too. Any other refusal stays at its address, and with the others. It leaves the persons who
-- have the tag again. What ended for them stays known as a refusal of its own.
with decided as (
    select distinct
        refusal_id,
        ends_address
    from given_back
),

ended as (
    update sync.refusal as refusal
    set
        collection_ids = case
            when refusal.collection_ids = array[%(collection_id)s::bigint] then refusal.collection_ids
            else array_remove(refusal.collection_ids, %(collection_id)s::bigint)
        end,
        ended_at = case when refusal.collection_ids = array[%(collection_id)s::bigint] then now() end,
        ended_by = case when refusal.collection_ids = array[%(collection_id)s::bigint] then 'signed_up' end
    from decided
    where refusal.refusal_id = decided.refusal_id and decided.ends_address
),

parted as (
    insert into sync.refusal (
        kind, list_id, address_digest, collection_ids, is_about_person, known_from, refused_at, known_at,
        holders_known_at, ended_at, ended_by
    )
    select
        refusal.kind,
        refusal.list_id,
        refusal.address_digest,
        array[%(collection_id)s::bigint] as collection_ids,
        refusal.is_about_person,
        refusal.known_from,
        refusal.refused_at,
        refusal.known_at,
        refusal.holders_known_at,
        now() as ended_at,
        'signed_up' as ended_by
    from decided
    inner join sync.refusal as refusal on decided.refusal_id = refusal.refusal_id
    where not decided.ends_address
    returning refusal_id, list_id, address_digest
),

remembered as (
    insert into sync.refusal_contact (refusal_id, contact_id, merged_from, gone_since)
    select
        parted.refusal_id,
        back.contact_id,
        back.merged_from,
        back.gone_since
    from given_back as back
    inner join sync.refusal as refusal on back.refusal_id = refusal.refusal_id
    inner join parted
        on refusal.list_id = parted.list_id and refusal.address_digest = parted.address_digest
    where back.is_same_person and not back.ends_address
)

delete from sync.refusal_contact as belongs
using given_back as back
where
    back.is_same_person
    and not back.ends_address
    and belongs.refusal_id = back.refusal_id
    and belongs.contact_id = back.contact_id
