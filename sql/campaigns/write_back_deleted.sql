update crm.provider_campaign
set
    status = 'deleted',
    changed_at = now()
where campaign_id = %(campaign_id)s and status <> 'deleted'
