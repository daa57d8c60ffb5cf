-- Removals about to be sent. We note them before the call, so that we recognise their effect if no answer
-- comes. Each is looked up by its key, as in next_planned_contacts.sql.
update sync.member as member
set intended_action = planned.action, intended_cause = planned.cause
from (
    select
        plan.subscriber_hash,
        plan.action,
        plan.cause
    from unnest(%(subscriber_hashes)s::text[]) as wanted (subscriber_hash)
    cross join lateral ( -- noqa: ST05
        select
            one.subscriber_hash,
            one.action,
            one.cause
        from staging.plan as one
        where
            one.staging_id = %(staging_id)s
            and one.collection_id = %(collection_id)s
            and one.action in ('unsubscribe', 'archive')
            and one.subscriber_hash = wanted.subscriber_hash
        offset 0
    ) as plan
) as planned
where member.list_id = %(list_id)s and member.subscriber_hash = planned.subscriber_hash
