update sync.consent_proof as proof
set
    ended_at = now(),
    end_cause = observed.status
from observed_member as observed
where
    proof.list_id = observed.list_id
    and proof.subscriber_hash = observed.subscriber_hash
    and proof.ended_at is null
    and observed.status in ('unsubscribed', 'cleaned', 'archived')
