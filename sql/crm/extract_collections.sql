-- Collections to sync, with their own values and the defaults of their provider. One that breaks the
-- contract is named, with its columns: it alone is not synced. One without a usable id has no row.
select distinct on (collection.collection_id)
    collection.collection_id::bigint as collection_id,
    -- The warehouse has indexes on codes, and a long one fits in none.
    case
        when
            octet_length(collection.code) <= 500
            and btrim(collection.code) <> ''
            -- The codes of shared audiences begin so.
            and btrim(collection.code) !~ '^shared[:@]'
            then btrim(collection.code)
        else format('collection %%s', collection.collection_id)
    end as code,
    coalesce(collection.description, '') as description,
    collection.comments,
    coalesce(collection.is_shared, false) as is_shared,
    coalesce(collection.is_static, true) as is_static,
    collection.query_text,
    nullif(btrim(to_jsonb(collection) ->> 'marketing_permission'), '') as marketing_permission,
    coalesce(collection.use_provider_defaults, false) as use_provider_defaults,
    coalesce(collection.sync_merge_fields, false) as sync_merge_fields,
    -- If the column is missing, nobody is asked first.
    coalesce(to_jsonb(collection) -> 'confirm_new_members' = 'true', false) as confirm_new_members,
    collection.provider_list_id,
    -- The column may be missing.
    nullif(btrim(to_jsonb(collection) ->> 'shared_audience'), '') as shared_audience,
    collection.campaign_type,
    case
        when lower(btrim(campaign_type.gdpr_category)) in ('offer', 'newsletter', 'unclassified')
            then lower(btrim(campaign_type.gdpr_category))
    end as gdpr_category,
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
    ) as provider_settings,
    nullif(
        concat_ws(
            ', ',
            case
                when count(*) over (partition by collection.collection_id) > 1
                    then 'the collection, its provider, its campaign type or its owner is there twice'
            end,
            case when coalesce(btrim(collection.code), '') = '' then 'column code is empty' end,
            case
                when btrim(collection.code) ~ '^shared[:@]' then 'column code begins with shared: or shared@'
            end,
            case when octet_length(collection.code) > 500 then 'column code is longer than 500 bytes' end,
            case when coalesce(btrim(collection.description), '') = '' then 'column description is empty' end,
            case when collection.is_active is null then 'column is_active is null' end,
            case when collection.is_shared is null then 'column is_shared is null' end,
            case when collection.is_static is null then 'column is_static is null' end,
            case
                when collection.use_provider_defaults is null then 'column use_provider_defaults is null'
            end,
            case when collection.sync_merge_fields is null then 'column sync_merge_fields is null' end,
            case
                when octet_length(to_jsonb(collection) ->> 'shared_audience') > 400
                    then 'column shared_audience is longer than 400 bytes'
            end,
            case
                when jsonb_typeof(to_jsonb(collection) -> 'confirm_new_members') not in ('boolean', 'null')
                    then 'column confirm_new_members is neither true nor false'
            end,
            case
                when
                    campaign_type.code is not null
                    and coalesce(
                        lower(btrim(campaign_type.gdpr_category))
                        not in ('offer', 'newsletter', 'unclassified'),
                        true
                    )
                    then 'column gdpr_category of its campaign type has another word'
            end
        ),
        ''
    ) as unreadable
from crm.contact_collection as collection
inner join crm.external_provider as provider on collection.external_provider = provider.code
left join crm.campaign_type as campaign_type on collection.campaign_type = campaign_type.code
left join crm.resource as resource on collection.owner_id = resource.resource_id
where
    collection.is_active is not false
    and (cardinality(%(codes)s::text[]) = 0 or collection.code = any(%(codes)s::text[]))
    and mod(collection.collection_id::numeric, 1) = 0
    and abs(collection.collection_id::numeric) < 9223372036854775808
order by collection.collection_id asc, provider.code asc
