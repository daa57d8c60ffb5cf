-- The newest campaigns that a person received, and what the person did. Each table has an index
-- of subscriber hashes. The table of events is not asked.
with received as (
    select
        recipient.campaign_id,
        recipient.subscriber_hash,
        recipient.delivery_status,
        campaign.title,
        campaign.sent_at
    from stats.campaign_recipients as recipient
    inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
    where recipient.subscriber_hash = any(%(subscriber_hashes)s::text[])
    order by campaign.sent_at desc nulls last
    limit %(most)s
)

select
    received.campaign_id,
    received.title,
    received.sent_at,
    received.delivery_status,
    coalesce(did.opens, 0) as opens,
    coalesce(did.clicks, 0) as clicks,
    unsubscribe.unsubscribed_at
from received
left join stats.recipient_engagement as did
    on received.campaign_id = did.campaign_id and received.subscriber_hash = did.subscriber_hash
left join stats.campaign_unsubscribes as unsubscribe
    on
        received.campaign_id = unsubscribe.campaign_id
        and received.subscriber_hash = unsubscribe.subscriber_hash
order by received.sent_at desc nulls last, received.campaign_id asc;
