update sync.staged_collection as collection
set
    staged = counted.staged,
    eligible = counted.eligible,
    quarantined = counted.quarantined
from (
    select
        staged_collection.collection_id,
        (
            select count(*) from staging.membership
            where
                membership.staging_id = staged_collection.staging_id
                and membership.collection_id = staged_collection.collection_id
        ) as staged,
        count(verdict.reason_code) as quarantined,
        -- Suppressions are judged after eligibility, so this count includes them as eligible.
        count(verdict.contact_id) filter (
            where verdict.reason_code is null or verdict.reason_code like 'suppressed%%'
        ) as eligible
    from sync.staged_collection
    left join staging.verdict
        on
            staged_collection.staging_id = verdict.staging_id
            and staged_collection.collection_id = verdict.collection_id
    where staged_collection.staging_id = %(staging_id)s
    group by staged_collection.staging_id, staged_collection.collection_id
) as counted
where collection.staging_id = %(staging_id)s and collection.collection_id = counted.collection_id
