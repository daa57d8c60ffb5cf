-- Removes changed members that no table names. The table is locked against a load that found such a member
-- and has not stored its rows yet.
with noted as materialized (
    select distinct
        changed.list_id,
        changed.subscriber_hash
    from mart.changed_member as changed
    where
        not exists (
            select from mart.members as member
            where
                member.list_id = changed.list_id
                and member.subscriber_hash = changed.subscriber_hash
        )
),

forgotten as (
    delete from stats.members as known
    using noted
    where
        known.list_id = noted.list_id
        and known.subscriber_hash = noted.subscriber_hash
        -- Looked up by the indexes, one at a time: a join might read every event.
        and (
            select true
            from stats.named_member as named
            where named.list_id = known.list_id and named.subscriber_hash = known.subscriber_hash
            limit 1
        ) is null
    returning known.list_id, known.subscriber_hash
)

delete from mart.changed_member as changed
using forgotten
where
    changed.list_id = forgotten.list_id
    and changed.subscriber_hash = forgotten.subscriber_hash;
