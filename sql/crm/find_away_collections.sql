-- What these collections, active or not, want of the audience that they share. A collection that is not in
-- the answer is gone from the CRM. What cannot be read counts as before: the value may be only broken.
select
    collection.collection_id::bigint as collection_id,
    -- The column may be missing.
    nullif(btrim(to_jsonb(collection) ->> 'shared_audience'), '') as shared_audience,
    coalesce(octet_length(to_jsonb(collection) ->> 'shared_audience') > 400, false) as is_unreadable,
    coalesce(collection.sync_merge_fields, true) as wants_fields
from crm.contact_collection as collection
where collection.collection_id = any(%(collection_ids)s::bigint[])
