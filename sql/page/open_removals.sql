-- Removals that wait for a person's decision.
select
    request.plan_id,
    request.collection_code,
    (
        select collection.description from sync.staged_collection as collection
        where collection.collection_code = request.collection_code
        order by collection.staging_id desc limit 1
    ) as description,
    request.run_id,
    request.of_tag is true as of_tag,
    request.removals,
    request.members,
    request.requested_at
from sync.removal_request as request
where request.decided_at is null
order by request.plan_id;
