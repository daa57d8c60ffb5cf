-- Audiences that a collection had before, found after a loss of the state while it had another one already.
-- Until a run of the collection succeeds.
select
    tag.list_id,
    tag.shared_id,
    coalesce(tag.found_through, 'infinity')::text as found_through
from sync.tag as tag
where
    tag.collection_id = %(collection_id)s
    and (tag.left_at is not null or %(has_moved)s)
    and tag.arrived_at is null
    and (tag.found_through is not null or %(has_moved)s)
union all
select
    former.list_id,
    null as shared_id,
    coalesce(former.found_through, 'infinity')::text as found_through
from sync.former_audience as former
where
    former.collection_id = %(collection_id)s
    and (former.found_through is not null or %(has_moved)s)
order by list_id
