-- How the collection's newest real sync ended, and how long ago its view of the CRM began.
select
    run.run_id,
    run.state,
    run.detail,
    now() - run.started_at as age
from sync.collection_run as run
where run.collection_code = %(collection_code)s and run.state is distinct from 'dry_run'
order by run.started_at desc
limit 1
