-- Every known collection, with its audience and its newest staging.
select
    coalesce(audience.collection_code, newest.collection_code) as collection_code,
    audience.list_id,
    newest.run_id,
    newest.clock,
    shared.collection_code as shared_audience,
    -- The codes of shared audiences begin so.
    coalesce(audience.collection_code, newest.collection_code) ~ '^shared[:@]' as is_shared_audience
from sync.collection_audience as audience
full outer join sync.newest_staging as newest on audience.collection_code = newest.collection_code
left join sync.audience as shared on audience.shared_id = shared.collection_id
order by collection_code
