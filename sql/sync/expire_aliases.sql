-- Ids of addresses without a member.
delete from sync.subscriber_alias
where address_hash in (
    select alias.address_hash
    from sync.subscriber_alias as alias
    where
        alias.noted_at < %(now)s::timestamptz - make_interval(days => %(days)s)
        and not exists (
            select from sync.member
            where member.subscriber_hash = alias.subscriber_hash
        )
    limit %(batch)s
)
