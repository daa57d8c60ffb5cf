-- Removals that wait for a person's decision.
select
    plan_id,
    collection_code,
    removals,
    members,
    requested_at
from sync.removal_request
where decided_at is null
order by plan_id;
