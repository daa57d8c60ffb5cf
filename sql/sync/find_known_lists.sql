-- Audiences that a collection has, or that collections share, and audiences that somebody had.
select
    list_id,
    collection_id
from sync.audience
union all
select
    list_id,
    null as collection_id
from sync.former_audience
