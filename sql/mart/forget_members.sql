-- Whom nothing names any more, such as a hash that was erased.
with unknown as materialized (
    select
        changed.list_id,
        changed.subscriber_hash
    from changed_member as changed
    where
        not exists (
            select from mart.members as member
            where
                member.list_id = changed.list_id
                and member.subscriber_hash = changed.subscriber_hash
        )
)

delete from stats.members as known
using unknown
where
    known.list_id = unknown.list_id
    and known.subscriber_hash = unknown.subscriber_hash
    -- One at a time by the indexes: a join might read every event there ever was.
    and (
        select true
        from stats.named_member as named
        where named.list_id = known.list_id and named.subscriber_hash = known.subscriber_hash
        limit 1
    ) is null;
