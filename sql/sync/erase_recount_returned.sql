-- A person who signed up again after the erasure keeps later rows: the marts count them again.
update stats.campaign_recipients as recipient
set changed_at = clock_timestamp()
from erased_hash as erased
where recipient.subscriber_hash = erased.subscriber_hash
