-- A collection as its newest staging has it.
select
    staged.staging_id,
    run.run_id,
    staged.collection_code,
    staged.description,
    staged.comments,
    staged.owner_name,
    staged.is_static,
    staged.is_shared,
    staged.is_shared_audience,
    staged.campaign_type,
    staged.gdpr_category,
    staged.provider,
    coalesce(staged.connection_id, 'mailchimp_default') as account,
    staged.provider_list_id,
    staged.sync_merge_fields,
    staged.confirm_new_members,
    staged.marketing_permission,
    staged.settings,
    staged.own_settings,
    staged.remark,
    run.clock
from sync.staged_collection as staged
inner join sync.staging_run as run on staged.staging_id = run.staging_id
where staged.collection_code = %(collection_code)s
order by staged.staging_id desc
limit 1;
