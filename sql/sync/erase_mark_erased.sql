update sync.erased_subscriber as erased
set erased_at = now()
from erased_hash as hash
cross join (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
) as pads
where
    hash.belongs_until = 'infinity'
    and erased.digest
    = sync.keyed_digest(pads.inner_pad, pads.outer_pad, 'subscriber:' || hash.subscriber_hash)
