-- Members that lost a collection's tag, and the proofs that end with it.
with untagged as (
    delete from sync.tag_member
    where
        list_id = %(list_id)s
        and collection_id = %(collection_id)s
        and subscriber_hash = any(%(subscriber_hashes)s::text[])
    returning subscriber_hash, coalesce(leaving_cause, 'left_collection') as cause
),

-- After a loss nobody has looked yet who had lost the tag by hand: these had it.
noted as (
    update sync.member as member
    set taken_after_loss = array_append(member.taken_after_loss, %(collection_id)s::bigint)
    from untagged
    where
        member.list_id = %(list_id)s
        and member.subscriber_hash = untagged.subscriber_hash
        and exists (
            select from sync.tag as tag
            where
                tag.list_id = %(list_id)s
                and tag.collection_id = %(collection_id)s
                and tag.unjudged_since is not null
        )
)

update sync.consent_proof as proof
set ended_at = now(), end_cause = untagged.cause
from untagged
where
    proof.list_id = %(list_id)s
    and proof.subscriber_hash = untagged.subscriber_hash
    and proof.collection_code = %(collection_code)s
    and proof.ended_at is null
