-- Collections whose former audience was found after a loss of the state. Who refused there is not decided.
select tag.collection_id
from sync.tag as tag
where
    tag.collection_id = any(%(collection_ids)s::bigint[])
    and tag.arrived_at is null
    and tag.found_through is not null
union
select former.collection_id
from sync.former_audience as former
where
    former.collection_id = any(%(collection_ids)s::bigint[])
    and former.found_through is not null
order by collection_id
