-- Requests that need no decision any more. A later sync of the collection succeeded without asking. Or a
-- later run of all collections did not find the collection in the CRM, or found it inactive.
with last_run as (
    select
        staging_id,
        created_at
    from sync.staging_run
    where is_whole and not dry_run and row_counts is not null
    order by staging_id desc
    limit 1
)

update sync.removal_request as request
set decision = 'superseded', decided_at = now()
where
    request.decided_at is null
    and (
        exists (
            select from sync.collection_run
            where
                collection_run.collection_code = request.collection_code
                and collection_run.state = 'succeeded'
                and collection_run.started_at > request.requested_at
                -- Another collection may have had the code then.
                and not exists (
                    select from sync.staged_collection as other
                    where
                        other.staging_id = collection_run.staging_id
                        and other.collection_code = collection_run.collection_code
                        and other.collection_id <> request.collection_id
                )
        )
        or exists (
            select from last_run
            where
                last_run.created_at > request.requested_at
                and not exists (
                    select from sync.staged_collection as staged
                    where
                        staged.staging_id = last_run.staging_id
                        and staged.collection_code = request.collection_code
                )
        )
    )
