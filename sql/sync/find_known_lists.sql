-- Audiences that somebody has or had; of those that collections share also their id among the collections.
select
    list_id,
    case when collection_id <= -4611686018427387904 then collection_id end as shared_id
from sync.audience
union all
select
    list_id,
    null as shared_id
from sync.former_audience
