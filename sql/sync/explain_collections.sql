-- Every known collection, with its audience and its newest staging. A shared audience counts if it is in
-- Mailchimp, or was, or if the CRM names it still. Somebody may have mistyped its name for a while.
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
where
    audience.list_id is not null
    or not newest.collection_code ~ '^shared[:@]'
    or exists (
        select from sync.former_audience as former
        where former.collection_id = newest.collection_id
    )
    or newest.staging_id >= (
        select coalesce(max(whole.staging_id), 0) from sync.staging_run as whole
        where whole.is_whole and whole.row_counts is not null
    )
order by collection_code
