-- Another collection under the same code: what people refused in the old one holds for it, and goes on to hold
-- until the old audiences were looked at once more.
with known as (
    update sync.known_collection set replaced_by = %(new_id)s
    where collection_id = %(old_id)s
),

begun as (
    insert into sync.known_collection (collection_id, collection_code)
    values (%(new_id)s, %(code)s)
    on conflict do nothing
),

used as (
    insert into sync.audience_use (list_id, collection_id, left_at)
    select
        list_id,
        %(new_id)s,
        now()
    from sync.audience_use
    where collection_id = %(old_id)s and settled_at is null
    on conflict do nothing
)

update sync.refusal
set collection_ids = array_append(collection_ids, %(new_id)s::bigint)
where %(old_id)s = any(collection_ids) and not %(new_id)s = any(collection_ids)
