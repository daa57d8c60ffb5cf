-- The result of one run for each collection.
select
    collection_code,
    state,
    staged,
    eligible,
    quarantined,
    added,
    updated,
    removed,
    unchanged,
    rejected,
    api_calls,
    list_id,
    coalesce(detail, '') as detail
from sync.collection_run
where run_id = %(run_id)s
order by collection_code;
