-- A former audience was found after a loss, and a run has listed it in full since.
update sync.former_audience as former
set
    found_through = coalesce(
        (
            select max(coalesce(member.last_changed, member.status_since))
            from sync.member as member
            where member.list_id = former.list_id
        ), 'epoch'
    )
where
    former.collection_id = %(collection_id)s
    and former.found_through = 'infinity'
    and former.fully_listed_at is not null
