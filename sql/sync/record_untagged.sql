-- Members that lost a collection's tag, and the proofs that end with it.
with untagged as (
    delete from sync.tag_member
    where
        list_id = %(list_id)s
        and collection_id = %(collection_id)s
        and subscriber_hash = any(%(subscriber_hashes)s::text[])
    returning subscriber_hash, coalesce(leaving_cause, 'left_collection') as cause
)

update sync.consent_proof as proof
set ended_at = now(), end_cause = untagged.cause
from untagged
where
    proof.list_id = %(list_id)s
    and proof.subscriber_hash = untagged.subscriber_hash
    and proof.collection_code = %(collection_code)s
    and proof.ended_at is null
