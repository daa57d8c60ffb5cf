-- Gives the members of readdressed_member, their proofs and their tags the new ids.
with proof as (
    update sync.consent_proof as proof
    set subscriber_hash = changed.new_hash
    from readdressed_member as changed
    where
        proof.list_id = changed.list_id
        and proof.subscriber_hash = changed.old_hash
        and proof.ended_at is null
),

tagged as (
    update sync.tag_member as tagged
    set subscriber_hash = changed.new_hash
    from readdressed_member as changed
    where tagged.list_id = changed.list_id and tagged.subscriber_hash = changed.old_hash
)

update sync.member as member
set
    subscriber_hash = changed.new_hash,
    cause = case when member.cause <> 'forgotten' then member.cause end
from readdressed_member as changed
where member.list_id = changed.list_id and member.subscriber_hash = changed.old_hash
