-- Which refusals hold for the collections of a preview that begins.
insert into refused_before (refusal_id, collection_id)
select distinct
    refusal.refusal_id,
    held.collection_id
from sync.refusal as refusal
cross join lateral unnest(refusal.collection_ids) as held (collection_id)
where
    refusal.collection_ids && %(collection_ids)s::bigint[]
    and held.collection_id = any(%(collection_ids)s::bigint[])
