-- Campaigns of the CRM for one provider: those chosen by id, or all. Missing sender values come from the
-- collection, then from the provider. A campaign that breaks the contract is named, with its columns: it
-- alone is not sent. One without a usable id has no row. sql/crm/campaign_codes.sql has the codes.
select distinct on (campaign.campaign_id)
    campaign.campaign_id::bigint as campaign_id,
    coalesce(campaign.description, '') as description,
    case
        when
            mod(campaign.collection_id::numeric, 1) = 0
            and abs(campaign.collection_id::numeric) < 9223372036854775808
            then campaign.collection_id::bigint
        else 0
    end as collection_id,
    -- As in sql/crm/extract_collections.sql.
    case
        when collection.collection_id is null then ''
        when octet_length(collection.code) <= 500 and btrim(collection.code) <> '' then btrim(collection.code)
        else format('collection %%s', collection.collection_id)
    end as collection_code,
    -- Without its collection the campaign is named, and not taken for one whose collection ended.
    coalesce(collection.is_active, collection.collection_id is null) as collection_is_active,
    coalesce(campaign.campaign_type, '') as campaign_type,
    case
        when lower(btrim(campaign_type.gdpr_category)) in ('offer', 'newsletter', 'unclassified')
            then lower(btrim(campaign_type.gdpr_category))
    end as gdpr_category,
    coalesce(campaign.subject_line, '') as subject_line,
    coalesce(campaign.preview_text, '') as preview_text,
    coalesce(
        nullif(btrim(campaign.from_name), ''),
        case when not collection.use_provider_defaults then nullif(btrim(collection.from_name), '') end,
        nullif(btrim(provider.from_name), '')
    ) as from_name,
    coalesce(
        nullif(btrim(campaign.reply_to), ''),
        case when not collection.use_provider_defaults then nullif(btrim(collection.from_email), '') end,
        nullif(btrim(provider.from_email), '')
    ) as reply_to,
    -- Not one that a program cannot count on from.
    case
        when
            campaign.planned_at >= '1970-01-01 00:00:00+00'
            and campaign.planned_at < '9000-01-01 00:00:00+00'
            then campaign.planned_at
    end as planned_at,
    coalesce(campaign.state, '') as state,
    coalesce(provider.code, 'mailchimp') as provider,
    coalesce(
        nullif(lower(btrim(to_jsonb(provider) ->> 'kind')), ''), lower(btrim(provider.code)), 'mailchimp'
    ) as provider_kind,
    nullif(btrim(provider.connection_id), '') as connection_id,
    nullif(
        concat_ws(
            ', ',
            case
                when count(*) over (partition by campaign.campaign_id) > 1
                    then 'the campaign, its collection or its campaign type is there twice under one key'
            end,
            case
                when
                    campaign.planned_at < '1970-01-01 00:00:00+00'
                    or campaign.planned_at >= '9000-01-01 00:00:00+00'
                    then 'column planned_at has a time that cannot be read'
            end,
            case
                when collection.collection_id is null
                    then 'column collection_id names no row of crm.contact_collection'
            end,
            case when campaign.description is null then 'column description is null' end,
            case when campaign.campaign_type is null then 'column campaign_type is null' end,
            case
                when coalesce(campaign.state not in ('draft', 'approved', 'cancelled'), true)
                    then 'column state has another word'
            end
        ),
        ''
    ) as unreadable
from crm.campaign as campaign
left join crm.contact_collection as collection on campaign.collection_id = collection.collection_id
left join crm.external_provider as provider on collection.external_provider = provider.code
left join crm.campaign_type as campaign_type on campaign.campaign_type = campaign_type.code
where
    (%(campaign_ids)s::bigint[] is null or campaign.campaign_id = any(%(campaign_ids)s::bigint[]))
    -- A collection without a provider is none of ours. One that is not there may have been.
    and (collection.collection_id is null or provider.code is not null)
    and mod(campaign.campaign_id::numeric, 1) = 0
    and abs(campaign.campaign_id::numeric) < 9223372036854775808
order by campaign.campaign_id asc, campaign.code asc
