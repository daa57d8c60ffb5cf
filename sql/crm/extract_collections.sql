-- Collections to sync, with their own values and the defaults of their provider.
select
    collection.collection_id,
    collection.code,
    collection.description,
    collection.comments,
    collection.is_shared,
    collection.is_static,
    collection.query_text,
    collection.use_provider_defaults,
    collection.sync_merge_fields,
    collection.provider_list_id,
    collection.campaign_type,
    campaign_type.gdpr_category,
    provider.code as provider,
    -- If the column is missing, the code is the kind.
    coalesce(nullif(lower(btrim(to_jsonb(provider) ->> 'kind')), ''), lower(btrim(provider.code)))
        as provider_kind,
    nullif(btrim(provider.connection_id), '') as connection_id,
    resource.name as owner_name,
    jsonb_build_object(
        'company', collection.company, 'address1', collection.address1, 'address2', collection.address2,
        'city', collection.city, 'state', collection.state, 'zip', collection.zip,
        'country', collection.country, 'phone', collection.phone, 'from_name', collection.from_name,
        'from_email', collection.from_email, 'subject', collection.subject, 'language', collection.language,
        'permission_reminder', collection.permission_reminder,
        'email_type_option', collection.email_type_option
    ) as own_settings,
    jsonb_build_object(
        'company', provider.company, 'address1', provider.address1, 'address2', provider.address2,
        'city', provider.city, 'state', provider.state, 'zip', provider.zip,
        'country', provider.country, 'phone', provider.phone, 'from_name', provider.from_name,
        'from_email', provider.from_email, 'subject', provider.subject, 'language', provider.language,
        'permission_reminder', provider.permission_reminder,
        'email_type_option', provider.email_type_option
    ) as provider_settings
from crm.contact_collection as collection
inner join crm.external_provider as provider on collection.external_provider = provider.code
left join crm.campaign_type as campaign_type on collection.campaign_type = campaign_type.code
left join crm.resource as resource on collection.owner_id = resource.resource_id
where
    collection.is_active
    and (cardinality(%(codes)s::text[]) = 0 or collection.code = any(%(codes)s::text[]))
order by collection.code
