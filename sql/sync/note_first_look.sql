-- A run has just listed an audience that a collection had before a loss of the state.
with newest as (
    select coalesce(max(coalesce(member.last_changed, member.status_since)), 'epoch') as change
    from sync.member as member
    where
        member.list_id = %(list_id)s
        -- Mostly it is no such audience. Then nobody reads its members.
        and (
            exists (
                select from sync.tag as found
                where
                    found.list_id = %(list_id)s
                    and found.collection_id = %(collection_id)s
                    and found.found_through = 'infinity'
            )
            or exists (
                select from sync.former_audience as found
                where
                    found.list_id = %(list_id)s
                    and found.collection_id = %(collection_id)s
                    and found.found_through = 'infinity'
            )
        )
),

tag as (
    update sync.tag
    set found_through = newest.change
    from newest
    where
        tag.list_id = %(list_id)s
        and tag.collection_id = %(collection_id)s
        and tag.found_through = 'infinity'
)

update sync.former_audience as former
set found_through = newest.change
from newest
where
    former.list_id = %(list_id)s
    and former.collection_id = %(collection_id)s
    and former.found_through = 'infinity'
