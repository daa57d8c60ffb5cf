-- The plan of a collection that must not be synced. Only mandatory removals stay: no state of a collection
-- stops them.
delete from staging.plan
where
    staging_id = %(staging_id)s
    and collection_id = %(collection_id)s
    and not (
        action in ('unsubscribe', 'archive', 'untag') and coalesce(cause, '') = any(%(due_causes)s::text[])
    )
