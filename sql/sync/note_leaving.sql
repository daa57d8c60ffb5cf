-- Tags that we are about to take away: a lost answer is then no act of somebody else. Returns those that no
-- call of ours may have taken before.
with untouched as (
    select subscriber_hash
    from sync.tag_member
    where
        list_id = %(list_id)s
        and collection_id = %(collection_id)s
        and subscriber_hash = any(%(subscriber_hashes)s::text[])
        and leaving_cause is null
),

noted as (
    update sync.tag_member
    set leaving_cause = %(cause)s
    where
        list_id = %(list_id)s
        and collection_id = %(collection_id)s
        and subscriber_hash = any(%(subscriber_hashes)s::text[])
)

select subscriber_hash from untouched
