-- The rows of the write-back table for some collections.
select
    collection_id,
    contact_id,
    status,
    reason
from crm.provider_member_status
where collection_id = any(%(collection_ids)s::bigint[])
