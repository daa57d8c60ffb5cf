-- Changed addresses that are settled: the CRM has another address, or the member is gone.
delete from sync.changed_address
where (list_id, contact_id, old_hash) in (
    select
        changed.list_id,
        changed.contact_id,
        changed.old_hash
    from sync.changed_address as changed
    where
        changed.ended_at < %(now)s::timestamptz - make_interval(days => %(days)s)
        or (
            changed.ended_at is null
            and changed.noticed_at < %(now)s::timestamptz - make_interval(days => %(days)s)
            and not exists (
                select from sync.member as member
                where member.list_id = changed.list_id and member.subscriber_hash = changed.new_hash
            )
        )
    limit %(batch)s
)
