-- Campaigns of the CRM for one provider: those chosen by code, or all that are to be looked at. Missing
-- sender values come from the collection, then from the provider.
select
    campaign.campaign_id,
    campaign.code,
    campaign.description,
    campaign.collection_id,
    collection.code as collection_code,
    collection.is_active as collection_is_active,
    campaign.campaign_type,
    campaign_type.gdpr_category,
    campaign.subject_line,
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
    campaign.planned_at,
    campaign.state,
    provider.code as provider,
    coalesce(nullif(lower(btrim(to_jsonb(provider) ->> 'kind')), ''), lower(btrim(provider.code)))
        as provider_kind,
    nullif(btrim(provider.connection_id), '') as connection_id
from crm.campaign as campaign
inner join crm.contact_collection as collection on campaign.collection_id = collection.collection_id
inner join crm.external_provider as provider on collection.external_provider = provider.code
left join crm.campaign_type as campaign_type on campaign.campaign_type = campaign_type.code
where
    (%(campaign_ids)s::bigint[] is null or campaign.campaign_id = any(%(campaign_ids)s::bigint[]))
    and (cardinality(%(codes)s::text[]) = 0 or campaign.code = any(%(codes)s::text[]))
order by campaign.code
