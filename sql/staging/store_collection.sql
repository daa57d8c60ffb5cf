insert into sync.staged_collection (
    staging_id, collection_id, collection_code, description, gdpr_category, campaign_type, provider,
    owner_name, is_shared, is_static, comments, sync_merge_fields, provider_list_id, settings,
    problem_code, problem_state, problem_detail, provider_kind, connection_id, confirm_new_members,
    marketing_permission, own_settings
)
values (
    %(staging_id)s, %(collection_id)s, %(collection_code)s, %(description)s, %(gdpr_category)s,
    %(campaign_type)s, %(provider)s, %(owner_name)s, %(is_shared)s, %(is_static)s, %(comments)s,
    %(sync_merge_fields)s, %(provider_list_id)s, %(settings)s, %(problem_code)s, %(problem_state)s,
    %(problem_detail)s, %(provider_kind)s, %(connection_id)s, %(confirm_new_members)s,
    %(marketing_permission)s, %(own_settings)s
)
