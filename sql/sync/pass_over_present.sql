-- Members are archived in an audience that a collection had before. After a loss nobody knows who did it: a
-- person, or the sync when the collection left. Those in its present audience are there by the sync. So they
-- did not refuse the collection before the loss. They may refuse the others that share the first audience.
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

archived as (
    select
        member.subscriber_hash,
        member.contact_id
    from sync.member as member
    where
        member.list_id = %(list_id)s
        and member.status = 'archived'
        and coalesce(member.last_changed, member.status_since) <= %(found_through)s::timestamptz
),

passed_over as (
    select archived.subscriber_hash
    from archived
    inner join present_now as present on archived.subscriber_hash = present.subscriber_hash
    union
    select archived.subscriber_hash
    from archived
    inner join present_now as present on archived.contact_id = present.contact_id
),

-- Gathered once: a look for each member may read all of them each time.
alias as (
    select
        subscriber_hash,
        min(address_hash) as address_hash
    from sync.subscriber_alias
    group by subscriber_hash
),

digests as (
    select
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, passed_over.subscriber_hash)
        ) as address_digest
    from passed_over
    cross join pads
    left join alias on passed_over.subscriber_hash = alias.subscriber_hash
)

update sync.refusal as refusal
set
    -- In an audience that others share it still refuses those.
    collection_ids = case
        when %(shared_id)s::bigint = any(refusal.collection_ids) or %(shared_id)s::bigint is null
            then array_remove(refusal.collection_ids, %(collection_id)s::bigint)
        else array_replace(refusal.collection_ids, %(collection_id)s::bigint, %(shared_id)s::bigint)
    end
from digests
where
    refusal.list_id = %(list_id)s
    and refusal.address_digest = digests.address_digest
    and refusal.kind = 'archived_by_hand'
    and refusal.ended_at is null
    and %(collection_id)s = any(refusal.collection_ids)
