-- A complete look at an audience has ended. A collection that left the audience before the look has now
-- seen everything from its own time. Later news belongs to the collection that uses the audience now.
with looked as (
    insert into sync.audience_look (list_id, looked_at)
    values (%(list_id)s, %(looked_at)s)
    on conflict (list_id) do update set looked_at = excluded.looked_at
)

update sync.audience_use as used
set
    left_at = coalesce(used.left_at, now()),
    settled_at = case when owner.collection_id is not null then now() end
from (select %(list_id)s::text as list_id) as this
left join sync.audience as owner on this.list_id = owner.list_id
where
    used.list_id = this.list_id
    and used.settled_at is null
    and used.collection_id is distinct from owner.collection_id
    -- Collections that share the audience use it, too. So do those whose people wait here for another one.
    and not exists (
        select from sync.tag
        where
            tag.list_id = used.list_id
            and tag.collection_id = used.collection_id
            and (tag.left_at is null or tag.arrived_at is null)
    )
    and (used.left_at is null or owner.collection_id is not null)
