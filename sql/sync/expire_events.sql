-- The counts per recipient and campaign stay; the mark keeps the events from being read again.
with marked as (
    update stats.campaigns
    set events_expired_at = coalesce(events_expired_at, now())
    where campaign_id = %(campaign_id)s
),

event as (
    delete from stats.campaign_activities
    where campaign_id = %(campaign_id)s
    returning 1
)

select count(*) from event
