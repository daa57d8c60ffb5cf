-- How many contacts the collections of each shared audience have together.
update sync.staged_collection as shared
set staged = counted.staged, eligible = counted.eligible, quarantined = counted.quarantined
from (
    select
        collection.shared_id,
        count(distinct verdict.contact_id) as staged,
        count(distinct verdict.contact_id) filter (where verdict.reason_code is null) as eligible,
        count(distinct verdict.contact_id)
        - count(distinct verdict.contact_id) filter (where verdict.reason_code is null) as quarantined
    from sync.staged_collection as collection
    inner join staging.verdict as verdict
        on
            collection.staging_id = verdict.staging_id
            and collection.collection_id = verdict.collection_id
    where collection.staging_id = %(staging_id)s and collection.shared_id is not null
    group by collection.shared_id
) as counted
where shared.staging_id = %(staging_id)s and shared.collection_id = counted.shared_id
