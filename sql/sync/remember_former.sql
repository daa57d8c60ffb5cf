-- An audience that was a collection's before the state was lost. Refusals made in it hold for the collection.
with used as (
    insert into sync.audience_use (list_id, collection_id)
    values (%(list_id)s, %(collection_id)s)
    on conflict (list_id, collection_id) do update set left_at = null, settled_at = null
),

-- A preview may have read the audience before. Then the refusals are known already, without the collection.
refused as (
    update sync.refusal
    set collection_ids = array_append(collection_ids, %(collection_id)s::bigint)
    where
        list_id = %(list_id)s
        and ended_at is null
        -- A tag taken by hand is about its own collection.
        and kind <> 'tag_taken'
        and not %(collection_id)s = any(collection_ids)
)

insert into sync.former_audience (
    list_id, account, collection_id, collection_code, gdpr_category, found_in_preview, found_through
)
values (
    %(list_id)s, %(account)s, %(collection_id)s, %(collection_code)s, %(gdpr_category)s, %(in_preview)s,
    case when %(has_moved)s then 'infinity'::timestamptz end
)
on conflict (list_id) do nothing
