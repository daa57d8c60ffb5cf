-- Each collection that a sync took to its audience, with the clock of the last such run.
select
    collection_run.collection_code,
    max(run.clock) as clock
from sync.collection_run as collection_run
inner join sync.staging_run as run on collection_run.staging_id = run.staging_id
where collection_run.state = 'succeeded' and not run.dry_run
group by collection_run.collection_code
