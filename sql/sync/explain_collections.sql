-- Every known collection, with its audience and its newest staging.
select
    coalesce(audience.collection_code, newest.collection_code) as collection_code,
    audience.list_id,
    newest.run_id,
    newest.clock
from sync.collection_audience as audience
full outer join sync.newest_staging as newest on audience.collection_code = newest.collection_code
order by collection_code
