update stats.recipient_engagement as engagement
set opens_reported = landed.opens_count, changed_at = clock_timestamp()
from (
    select
        subscriber_hash,
        max(opens_count) as opens_count
    from landing_proxy_members
    where opens_count > %(cap)s
    group by subscriber_hash
) as landed
where
    engagement.campaign_id = %(campaign_id)s
    and engagement.subscriber_hash = landed.subscriber_hash
    and engagement.opens_reported is distinct from landed.opens_count;
