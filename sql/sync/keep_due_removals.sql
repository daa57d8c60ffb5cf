-- Of a plan that was made for a collection that is not to be synced only the removals stay that no
-- state of a collection holds back.
delete from staging.plan
where
    staging_id = %(staging_id)s
    and collection_id = %(collection_id)s
    and not (action in ('unsubscribe', 'archive') and coalesce(cause, '') = any(%(due_causes)s::text[]))
