-- Why a collection has no audience. It waits for another one, it left its own, or no sync gave it any.
select
    case
        when exists (
            select from sync.tag
            where collection_id = %(collection_id)s and left_at is not null and arrived_at is null
        ) then 'waits'
        when exists (
            select from sync.former_audience
            where collection_id = %(collection_id)s
        ) then 'left'
        when exists (
            select from sync.collection_run as run
            where
                run.collection_code = %(collection_code)s
                and run.state is distinct from 'dry_run'
                and not exists (
                    select from sync.staging_run as stage
                    where stage.staging_id = run.staging_id and stage.dry_run
                )
        ) then 'tried'
        else 'never'
    end as why
