-- Whoever signed up again by themselves after the erasure keeps what came later: the marts count
-- them anew.
update stats.campaign_recipients as recipient
set changed_at = clock_timestamp()
from erased_hash as erased
where recipient.subscriber_hash = erased.subscriber_hash
