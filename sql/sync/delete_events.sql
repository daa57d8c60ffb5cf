delete from stats.campaign_activities
where occurred_at >= %(since)s::timestamptz and occurred_at < %(until)s::timestamptz
