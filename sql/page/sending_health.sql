-- How the sending of a campaign went in its first day.
select
    health.looked_at,
    health.emails_sent,
    health.hard_bounces,
    health.complaints,
    health.unsubscribes,
    health.is_judged,
    health.too_many
from sync.sending_health as health
where health.provider_campaign_id = %(campaign_id)s;
