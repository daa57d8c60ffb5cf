-- Collections of one run that did not succeed. If a collection has no state, its task died.
select
    collection.collection_code,
    coalesce(collection_run.state, 'failed') as state,
    -- The default account is not named: an installation may have no other.
    coalesce(substring(collection_run.detail from '^[A-Za-z_]+'), 'unknown')
    || coalesce(' (connection ' || nullif(collection.connection_id, 'mailchimp_default') || ')', '')
        as reason,
    request.plan_id,
    request.removals,
    request.members,
    request.of_tag
from sync.staged_collection as collection
inner join sync.staging_run as run on collection.staging_id = run.staging_id
left join sync.collection_run as collection_run
    on
        run.run_id = collection_run.run_id
        and collection.collection_code = collection_run.collection_code
        and collection.staging_id = collection_run.staging_id
left join lateral (
    select
        removal_request.plan_id,
        removal_request.removals,
        removal_request.members,
        removal_request.of_tag
    from sync.removal_request
    where
        removal_request.collection_code = collection.collection_code
        and removal_request.decided_at is null
        and collection_run.state = 'blocked'
        and collection_run.detail ~ '^(removal_guard|empty_collection)'
    order by removal_request.plan_id desc
    limit 1
) as request on true
where
    collection.staging_id = %(staging_id)s
    and coalesce(collection_run.state, 'failed') in ('blocked', 'failed')
order by collection.collection_code
