-- Notes in a staging which collections share an audience.
update sync.staged_collection
set
    shared_id = case when collection_id <> %(shared_id)s then %(shared_id)s end,
    is_shared_audience = collection_id = %(shared_id)s
where
    staging_id = %(staging_id)s
    and (collection_id = any(%(collection_ids)s::bigint[]) or collection_id = %(shared_id)s)
