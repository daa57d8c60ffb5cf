-- Tags that we are about to take away: a lost answer is then no act of somebody else. Returns those that no
-- call of ours may have taken before.
with untouched as (
    select tagged.subscriber_hash
    from sync.tag_member as tagged
    inner join sync.member as member
        on tagged.list_id = member.list_id and tagged.subscriber_hash = member.subscriber_hash
    where
        tagged.list_id = %(list_id)s
        and tagged.collection_id = %(collection_id)s
        and tagged.subscriber_hash = any(%(subscriber_hashes)s::text[])
        and tagged.leaving_cause is null
        -- Mailchimp may pass over the others.
        and member.status = 'subscribed'
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
