-- Sendings that went badly, unless a later one has gone well since. It went to the same audience, or was of
-- the same collection, which may have another audience by now.
select
    health.campaign_id,
    campaign.campaign_code,
    health.list_id,
    health.sent_at,
    health.emails_sent,
    health.hard_bounces,
    health.complaints,
    health.unsubscribes,
    health.too_many
from sync.sending_health as health
inner join sync.campaign as campaign on health.campaign_id = campaign.campaign_id
where
    health.unhealthy_since is not null
    and (
        %(list_id)s::text is null
        or health.list_id = %(list_id)s
        or campaign.collection_code = %(collection_code)s
    )
    and not exists (
        select from sync.sending_health as later
        inner join sync.campaign as next on later.campaign_id = next.campaign_id
        where
            (later.list_id = health.list_id or next.collection_code = campaign.collection_code)
            and later.sent_at > health.sent_at
            and later.is_judged
    )
order by health.sent_at, health.campaign_id
