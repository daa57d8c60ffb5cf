-- Removals about to be sent. We note them before the call, so that we recognise their effect if no answer
-- comes.
update sync.member as member
set intended_action = plan.action, intended_cause = plan.cause
from staging.plan as plan
where
    plan.staging_id = %(staging_id)s
    and plan.collection_id = %(collection_id)s
    and plan.subscriber_hash = any(%(subscriber_hashes)s::text[])
    and plan.action in ('unsubscribe', 'archive')
    and member.list_id = %(list_id)s
    and member.subscriber_hash = plan.subscriber_hash
