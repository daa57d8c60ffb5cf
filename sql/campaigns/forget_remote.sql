-- The campaign no longer has the provider's id: we deleted the draft, or a new draft replaced it.
with former as (
    insert into sync.former_campaign (provider_campaign_id, campaign_id)
    select
        campaign.provider_campaign_id,
        campaign.campaign_id
    from sync.campaign as campaign
    where campaign.campaign_id = %(campaign_id)s and campaign.provider_campaign_id is not null
    on conflict (provider_campaign_id) do nothing
)

update sync.campaign
set
    provider_campaign_id = null,
    status = 'deleted',
    scheduled_for = null,
    changed_at = now()
where campaign_id = %(campaign_id)s
