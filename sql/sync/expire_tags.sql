-- Who had the tag of a collection that left the shared audience, and tags of members that are gone. While a
-- collection waits for its new audience, its members stay by these rows.
delete from sync.tag_member
where (list_id, collection_id, subscriber_hash) in (
    select
        old.list_id,
        old.collection_id,
        old.subscriber_hash
    from sync.tag_member as old
    left join sync.tag as tag on old.list_id = tag.list_id and old.collection_id = tag.collection_id
    where
        tag.arrived_at < %(now)s::timestamptz - make_interval(days => %(days)s)
        or (
            tag.left_at < %(now)s::timestamptz - make_interval(days => %(days)s)
            and not exists (
                select from sync.member
                where
                    member.list_id = old.list_id
                    and member.subscriber_hash = old.subscriber_hash
                    and sync.may_be_mailed(member.status)
            )
        )
        or (
            old.tagged_at < %(now)s::timestamptz - make_interval(days => %(days)s)
            and not exists (
                select from sync.member
                where member.list_id = old.list_id and member.subscriber_hash = old.subscriber_hash
            )
        )
    limit %(batch)s
)
