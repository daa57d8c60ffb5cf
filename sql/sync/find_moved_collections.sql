-- Collections that were in a shared audience and have another one now, by the CRM of this staging. A
-- collection has arrived if its newest run put its people into its present audience. A campaign to its tag
-- may be on its way. Then it has not.
select
    collection.collection_id,
    coalesce(newest.state = 'succeeded' and newest.list_id = own.list_id, false)
    and not exists (
        select from sync.tag as tag
        where
            tag.collection_id = collection.collection_id
            and tag.left_at is null
            and sync.is_on_its_way(tag.list_id, tag.tag_id)
    ) as has_arrived
from sync.staged_collection as collection
left join sync.audience as own on collection.collection_id = own.collection_id
left join lateral (
    select
        run.state,
        run.list_id
    from sync.collection_run as run
    where
        run.collection_code = collection.collection_code
        and run.finished_at is not null
        and run.state <> 'dry_run'
    order by run.started_at desc
    limit 1
) as newest on true
where
    collection.staging_id = %(staging_id)s
    and collection.collection_id = any(%(collection_ids)s::bigint[])
    -- Of a collection that is not synced any more the CRM says nothing.
    and collection.provider_kind is not null
    and collection.problem_code is distinct from 'inactive_collection'
    and collection.problem_code is distinct from 'unreadable_row'
