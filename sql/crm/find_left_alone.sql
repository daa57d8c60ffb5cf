-- Why collections with an audience are not among those to sync; who is missing is gone.
select
    collection_id,
    is_active,
    external_provider is not null as has_provider
from crm.contact_collection
where collection_id = any(%(collection_ids)s::bigint[])
