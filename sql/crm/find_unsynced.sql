-- Why a collection with an audience is not among those to sync. A collection without a row here is gone.
select
    collection_id::bigint as collection_id,
    coalesce(is_active, false) as is_active
from crm.contact_collection
where collection_id = any(%(collection_ids)s::bigint[])
