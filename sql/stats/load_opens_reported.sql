-- Opens that Mailchimp counts for a member but does not list: beyond its limit, or late.
update stats.recipient_engagement as engagement
set opens_reported = landed.opens_count, changed_at = clock_timestamp()
from (
    select
        subscriber_hash,
        max(opens_count) as opens_count
    from landing_proxy_members
    group by subscriber_hash
) as landed
where
    engagement.campaign_id = %(campaign_id)s
    and engagement.subscriber_hash = landed.subscriber_hash
    and landed.opens_count > engagement.opens
    and engagement.opens_reported is distinct from landed.opens_count;
