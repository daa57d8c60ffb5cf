update stats.campaigns
set gone_at = coalesce(gone_at, now())
where campaign_id = %(campaign_id)s;
