-- All campaigns of collections with an external provider, or all (without_provider), with their codes as they
-- are written. One without a usable id has no row. The same rows as in sql/campaigns/read_crm_campaigns.sql.
select distinct on (campaign.campaign_id)
    campaign.campaign_id::bigint as campaign_id,
    campaign.campaign_id::text as written_id,
    coalesce(campaign.code, '') as code
from crm.campaign as campaign
left join crm.contact_collection as collection on campaign.collection_id = collection.collection_id
left join crm.external_provider as provider on collection.external_provider = provider.code
where
    (%(without_provider)s or collection.collection_id is null or provider.code is not null)
    and mod(campaign.campaign_id::numeric, 1) = 0
    and abs(campaign.campaign_id::numeric) < 9223372036854775808
order by campaign.campaign_id asc, campaign.code asc
