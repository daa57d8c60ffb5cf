-- Removals of the plan that wait for a person above the limit, those outside an approved plan,
-- and the members that stand today.
select
    (
        select count(*) from staging.plan
        where
            staging_id = %(staging_id)s
            and collection_id = %(collection_id)s
            and action in ('archive', 'unsubscribe')
            and not cause = any(%(due_causes)s::text[])
    )::integer as removals,
    (
        select count(*) from staging.plan
        where
            plan.staging_id = %(staging_id)s
            and plan.collection_id = %(collection_id)s
            and plan.action in ('archive', 'unsubscribe')
            and not plan.cause = any(%(due_causes)s::text[])
            and not exists (
                select from sync.removal_request_member as approved
                where approved.plan_id = %(plan_id)s and approved.subscriber_hash = plan.subscriber_hash
            )
    )::integer as outside,
    (
        select count(*) from sync.member
        where
            list_id = %(list_id)s
            and origin in ('created', 'adopted')
            and status in ('subscribed', 'pending')
            and cause is distinct from 'forgotten'
    )::integer as members
