update stats.campaign_recipients as recipient
set gone_at = null, gone_after = null
from landing_listed as listed
where
    recipient.campaign_id = %(campaign_id)s
    and recipient.gone_at is not null
    and recipient.subscriber_hash = listed.subscriber_hash;
