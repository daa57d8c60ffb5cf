-- Collections that were in a shared audience and have another one now, by the CRM of this staging.
select collection.collection_id
from sync.staged_collection as collection
where
    collection.staging_id = %(staging_id)s
    and collection.collection_id = any(%(collection_ids)s::bigint[])
    -- Of a collection that is not synced any more the CRM says nothing.
    and collection.provider_kind is not null
    and collection.problem_code is distinct from 'inactive_collection'
    and collection.problem_code is distinct from 'unreadable_row'
