-- Mapped audiences whose collections are not in this run.
select
    collection_id,
    collection_code,
    provider
from sync.audience
where collection_id <> all(%(collection_ids)s::bigint[])
order by collection_id
