-- Collections with these codes, and whether they are synced. Their category is judged as in
-- extract_collections.sql.
select distinct on (btrim(collection.code))
    collection.collection_id::bigint as collection_id,
    btrim(collection.code) as code,
    collection.is_active is not false and provider.code is not null as is_synced,
    case
        when lower(btrim(campaign_type.gdpr_category)) in ('offer', 'newsletter', 'unclassified')
            then lower(btrim(campaign_type.gdpr_category))
    end as gdpr_category,
    collection.campaign_type
from crm.contact_collection as collection
left join crm.campaign_type as campaign_type on collection.campaign_type = campaign_type.code
left join crm.external_provider as provider on collection.external_provider = provider.code
where
    btrim(collection.code) = any(%(codes)s::text[])
    and mod(collection.collection_id::numeric, 1) = 0
    and abs(collection.collection_id::numeric) < 9223372036854775808
order by btrim(collection.code) asc, is_synced desc, collection.collection_id asc
