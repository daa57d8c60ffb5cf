select
    collection.staging_id,
    collection.collection_id,
    collection.collection_code,
    collection.description,
    collection.gdpr_category,
    collection.campaign_type,
    collection.provider,
    collection.is_static,
    collection.sync_merge_fields,
    collection.provider_list_id,
    collection.settings,
    collection.problem_code,
    collection.problem_detail,
    collection.problem_state,
    collection.remark,
    collection.staged,
    collection.eligible,
    collection.quarantined,
    run.run_id,
    run.clock,
    run.rules_version,
    run.dry_run,
    run.full_refresh
from sync.staged_collection as collection
inner join sync.staging_run as run on collection.staging_id = run.staging_id
where collection.staging_id = %(staging_id)s and collection.collection_code = %(collection_code)s
