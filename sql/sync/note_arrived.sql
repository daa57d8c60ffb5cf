-- Notes which collections that left a shared audience have had a run that succeeded elsewhere since. Any
-- success counts: what happens in the other audience later is no matter of this one. A campaign to the tag
-- may be in Mailchimp's schedule. Until the next round takes it back, withdrawals still go out here.
with arrived as (
    update sync.tag
    set arrived_at = now()
    where
        (
            tag.collection_id = %(collection_id)s::bigint
            or (tag.list_id = %(list_id)s::text and tag.shared_id = %(shared_id)s::bigint)
        )
        and tag.left_at is not null
        and tag.arrived_at is null
        and not sync.is_on_its_way(tag.list_id, tag.tag_id)
        and exists (
            select from sync.collection_run as run
            left join sync.staged_collection as staged
                on run.staging_id = staged.staging_id and run.collection_code = staged.collection_code
            where
                run.state = 'succeeded'
                and run.finished_at >= tag.left_at
                and run.list_id <> tag.list_id
                -- An inactive collection puts nobody there.
                and staged.problem_code is null
                -- The code may have been another collection's in that run.
                and (
                    staged.collection_id = tag.collection_id
                    or (staged.collection_id is null and run.collection_code = tag.collection_code)
                )
        )
    returning tag.list_id, tag.collection_id
)

update sync.audience_use as used
set left_at = coalesce(used.left_at, now())
from arrived
where used.list_id = arrived.list_id and used.collection_id = arrived.collection_id
