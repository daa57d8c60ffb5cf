update stats.campaigns
set
    status = 'deleted',
    read_at = now()
where campaign_id = %(campaign_id)s
