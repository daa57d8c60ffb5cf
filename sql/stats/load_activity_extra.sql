update stats.campaign_recipients as recipient
set
    activity_extra = coalesce(recipient.activity_extra, '{}')
    || jsonb_build_object('email_activity', landed.extra)
from (
    select distinct on (subscriber_hash)
        subscriber_hash,
        extra
    from landing_activity_extra
    order by subscriber_hash
) as landed
where
    recipient.campaign_id = %(campaign_id)s
    and recipient.subscriber_hash = landed.subscriber_hash
    and recipient.activity_extra -> 'email_activity' is distinct from landed.extra;
