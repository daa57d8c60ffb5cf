-- Codes of those of these collections that want additional fields.
select btrim(collection.code) as code
from crm.contact_collection as collection
where
    collection.collection_id::numeric = any(%(collection_ids)s::bigint[]::numeric[])
    and to_jsonb(collection.sync_merge_fields) = 'true'
    and collection.code is not null
order by btrim(collection.code)
