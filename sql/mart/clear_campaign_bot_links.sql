-- Counts of campaigns with events that retention removed stay.
delete from mart.campaign_bot_links as kept
using changed_campaign as changed
where
    kept.campaign_id = changed.campaign_id
    and not exists (
        select from stats.expired_events as expired
        where expired.campaign_id = changed.campaign_id
    );
