-- Collections that the CRM has in an account, by the newest staging of each. Only a run that names all
-- collections shows which ones are gone. A staging that its run did not finish says nothing.
with finished as (
    select
        run.staging_id,
        run.is_whole
    from sync.staging_run as run
    where run.row_counts is not null
),

newest_whole as (
    select coalesce(max(finished.staging_id), 0) as staging_id
    from finished
    where finished.is_whole
),

newest as (
    select distinct on (staged.collection_id)
        staged.collection_code,
        staged.connection_id,
        staged.is_shared_audience,
        staged.problem_code
    from sync.staged_collection as staged
    inner join finished on staged.staging_id = finished.staging_id
    inner join newest_whole on staged.staging_id >= newest_whole.staging_id
    order by staged.collection_id asc, staged.staging_id desc
)

select newest.collection_code
from newest
where
    coalesce(newest.connection_id, %(default_account)s) = %(account)s
    and not newest.is_shared_audience
    -- What is not synced any more is staged for its withdrawals alone.
    and newest.problem_code is distinct from 'inactive_collection'
order by newest.collection_code
