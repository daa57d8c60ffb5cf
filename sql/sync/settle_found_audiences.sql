-- A run of a collection has succeeded since its former audience was found: who refused is decided.
update sync.former_audience as former
set found_through = null
where
    former.collection_id = any(%(collection_ids)s::bigint[])
    and former.found_through is not null
    and exists (
        select from sync.collection_run as run
        inner join sync.staged_collection as staged
            on run.staging_id = staged.staging_id and run.collection_code = staged.collection_code
        where
            run.state = 'succeeded'
            and run.finished_at >= former.retired_at
            and run.list_id <> former.list_id
            and staged.collection_id = former.collection_id
            -- An inactive collection puts nobody there.
            and staged.problem_code is null
    )
