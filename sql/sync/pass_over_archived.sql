-- Members that are archived in an audience that a collection has left do not refuse the collection. They may
-- refuse the others that share the audience.
update sync.refusal
set
    collection_ids = array_append(
        array_remove(array_remove(collection_ids, %(collection_id)s::bigint), %(shared_id)s::bigint),
        %(shared_id)s::bigint
    )
where
    list_id = %(list_id)s
    and kind = 'archived_by_hand'
    and ended_at is null
    and %(collection_id)s = any(collection_ids)
