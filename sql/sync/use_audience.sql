-- The collection uses the audience from now on. Refusals made in it also hold for the collection.
with used as (
    insert into sync.audience_use (list_id, collection_id)
    values (%(list_id)s, %(collection_id)s)
    on conflict (list_id, collection_id) do update set left_at = null, settled_at = null
)

update sync.refusal
set collection_ids = array_append(collection_ids, %(collection_id)s::bigint)
where
    list_id = %(list_id)s
    and ended_at is null
    -- A tag taken by hand is about its own collection.
    and kind <> 'tag_taken'
    and not %(collection_id)s = any(collection_ids)
