-- Eligible counts that differ much from the last run's, in words for the run's result.
update sync.staged_collection as collection
set
    remark = format(
        'counts_unusual: %%s contacts are eligible, %%s times as many as last time: is the CRM right?',
        invariant.eligible_contacts,
        invariant.eligible_ratio_to_last_time
    )
from sync.staging_invariant as invariant
where
    collection.staging_id = %(staging_id)s
    and invariant.staging_id = collection.staging_id
    and invariant.collection_code = collection.collection_code
    and collection.collection_code = any(%(collection_codes)s)
