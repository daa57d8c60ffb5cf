-- Stores the provider's id of an intended campaign.
update sync.campaign
set
    provider_campaign_id = %(provider_campaign_id)s,
    status = %(status)s,
    linked_at = now(),
    changed_at = now()
where campaign_id = %(campaign_id)s
