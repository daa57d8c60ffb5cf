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
    coalesce(collection.connection_id, %(default_account)s) as account,
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
    collection.shared_id,
    collection.is_shared_audience,
    -- The fixed name of an audience that we make, or of a tag.
    case
        when collection.is_shared_audience then collection.description
        else format('%%s (%%s)', collection.description, collection.collection_code)
    end as audience_name,
    -- A staging that is not whole has counted nobody yet.
    coalesce(collection.staged, 0) as staged,
    coalesce(collection.eligible, 0) as eligible,
    coalesce(collection.quarantined, 0) as quarantined
from sync.staged_collection as collection
inner join sync.staging_run as run on collection.staging_id = run.staging_id
where collection.staging_id = %(staging_id)s and collection.collection_code = %(collection_code)s
