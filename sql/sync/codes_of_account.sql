-- Collections of the newest run that names all of them.
select staged.collection_code
from sync.staged_collection as staged
where
    staged.staging_id = (
        select max(run.staging_id) from sync.staging_run as run
        where run.is_whole
    )
    and coalesce(staged.connection_id, %(default_account)s) = %(account)s
    and not staged.is_shared_audience
    -- What is not synced any more is staged for its withdrawals alone.
    and staged.problem_code is distinct from 'inactive_collection'
order by staged.collection_code
