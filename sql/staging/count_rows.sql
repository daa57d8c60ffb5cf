-- Row counts of a staging now, to compare with its counts at the start. Verdicts of shared audiences do not
-- count: the plan of such an audience makes them.
select jsonb_build_object(
    'membership', (
        select count(*) from staging.membership
        where staging_id = %(staging_id)s
    ),
    'contact', (
        select count(*) from staging.contact
        where staging_id = %(staging_id)s
    ),
    'consent', (
        select count(*) from staging.consent
        where staging_id = %(staging_id)s
    ),
    'refusal', (
        select count(*) from staging.refusal
        where staging_id = %(staging_id)s
    ),
    'merged', (
        select count(*) from staging.merged
        where staging_id = %(staging_id)s
    ),
    'verdict', (
        select count(*) from staging.verdict
        where
            staging_id = %(staging_id)s
            -- The verdicts of a shared audience are made when it is synced, from those of its collections.
            and not exists (
                select from sync.staged_collection as shared
                where
                    shared.staging_id = %(staging_id)s
                    and shared.collection_id = verdict.collection_id
                    and shared.is_shared_audience
            )
    )
) as row_counts
