-- What persons decided lately about removals: of each collection the newest decision, with its question.
select distinct on (collection_code)
    plan_id,
    collection_code,
    removals,
    members,
    decision,
    decided_by,
    decided_at
from sync.removal_request
where decision in ('approved', 'rejected', 'timed_out')
order by collection_code asc, plan_id desc
