-- The same of a shared audience that the collection left. It was listed before the collection left.
update sync.tag as tag
set
    found_through = coalesce(
        (
            select max(coalesce(member.last_changed, member.status_since))
            from sync.member as member
            where member.list_id = tag.list_id
        ), 'epoch'
    )
where
    tag.collection_id = %(collection_id)s
    and tag.found_through = 'infinity'
    and tag.left_at is not null
