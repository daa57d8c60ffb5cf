-- Counts of events that retention removed stay.
delete from mart.campaign_quarter_hours as kept
using changed_campaign as changed
left join stats.expired_events as expired on changed.campaign_id = expired.campaign_id
where
    kept.campaign_id = changed.campaign_id
    and kept.began_at >= coalesce(expired.expired_before, '-infinity');
