select
    collection.staging_id,
    run.run_id,
    run.rules_version,
    run.dry_run,
    run.full_refresh,
    collection.collection_id,
    collection.collection_code,
    collection.gdpr_category,
    collection.campaign_type,
    collection.provider,
    collection.is_static,
    collection.sync_merge_fields,
    collection.confirm_new_members,
    collection.marketing_permission,
    collection.provider_list_id,
    collection.settings,
    collection.problem_code,
    collection.problem_state,
    collection.problem_detail,
    collection.remark,
    -- The fixed name of an audience that we make.
    format('%%s (%%s)', collection.description, collection.collection_code) as audience_name,
    -- A staging that is not whole has counted nobody yet.
    coalesce(collection.staged, 0) as staged,
    coalesce(collection.eligible, 0) as eligible,
    coalesce(collection.quarantined, 0) as quarantined
from sync.staged_collection as collection
inner join sync.staging_run as run on collection.staging_id = run.staging_id
where collection.staging_id = %(staging_id)s and collection.collection_code = %(collection_code)s
