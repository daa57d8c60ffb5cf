update sync.consent_proof
set
    ended_at = now(),
    end_cause = %(end_cause)s
where list_id = %(list_id)s and subscriber_hash = %(subscriber_hash)s and ended_at is null
