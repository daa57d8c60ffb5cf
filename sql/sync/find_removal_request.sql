select
    plan_id,
    collection_code,
    of_tag is true as of_tag,
    run_id,
    requested_at,
    removals,
    members,
    decision
from sync.removal_request
where
    (%(plan_id)s::bigint is null or plan_id = %(plan_id)s::bigint)
    and (%(collection_code)s::text is null or collection_code = %(collection_code)s::text)
    and (decided_at is null or %(plan_id)s::bigint is not null)
order by plan_id desc
limit 1
