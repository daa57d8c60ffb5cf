-- Collections of which an audience is known: their own, one that they shared, or one that they had.
select collection_id
from sync.audience
where collection_id = any(%(collection_ids)s::bigint[])
union
select collection_id
from sync.former_audience
where collection_id = any(%(collection_ids)s::bigint[])
union
select collection_id
from sync.tag
where collection_id = any(%(collection_ids)s::bigint[])
