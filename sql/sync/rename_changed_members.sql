-- The members of readdressed_member take their new ids, and their proofs with them.
with proof as (
    update sync.consent_proof as proof
    set subscriber_hash = changed.new_hash
    from readdressed_member as changed
    where
        proof.list_id = changed.list_id
        and proof.subscriber_hash = changed.old_hash
        and proof.ended_at is null
)

update sync.member as member
set
    subscriber_hash = changed.new_hash,
    cause = case when member.cause <> 'forgotten' then member.cause end
from readdressed_member as changed
where member.list_id = changed.list_id and member.subscriber_hash = changed.old_hash
