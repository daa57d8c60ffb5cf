update sync.consent_proof as proof
set
    ended_at = now(),
    end_cause = ended.end_cause
from unnest(%(subscriber_hashes)s::text[], %(end_causes)s::text[]) as ended (subscriber_hash, end_cause)
where
    proof.list_id = %(list_id)s
    and proof.subscriber_hash = ended.subscriber_hash
    and proof.ended_at is null
