-- An open request that covers the plan's removals stays open. So an hourly sync does not replace the
-- request that a person is reading. Any other open request of the collection is superseded.
-- A rejected request of the same members is not asked again for some time. The members are the same if
-- nobody else would be removed, and if nobody of them has come back. Those who withdrew go out anyway.
with removal as (
    select
        subscriber_hash,
        contact_id,
        cause
    from staging.plan
    where
        staging_id = %(staging_id)s
        and collection_id = %(collection_id)s
        and action in ('archive', 'unsubscribe')
        and not cause = any(%(due_causes)s::text[])
),

candidate as (
    select
        request.plan_id,
        request.decided_at
    from sync.removal_request as request
    where
        request.collection_code = %(collection_code)s
        and (
            request.decided_at is null
            or (
                request.decision = 'rejected'
                and request.decided_at > now() - %(ask_again_after)s
                and not exists (
                    select from sync.removal_request as later
                    where
                        later.collection_code = request.collection_code
                        and later.plan_id > request.plan_id
                        and later.decision in ('approved', 'rejected', 'timed_out')
                )
                and not exists (
                    select from sync.collection_run as healed
                    where
                        healed.collection_code = request.collection_code
                        and healed.state = 'succeeded'
                        and healed.started_at > request.decided_at
                )
            )
        )
),

covering as (
    select max(candidate.plan_id) as plan_id
    from candidate
    where
        not exists (
            select from removal
            where not exists (
                select from sync.removal_request_member as requested
                where
                    requested.plan_id = candidate.plan_id
                    and requested.subscriber_hash = removal.subscriber_hash
            )
        )
        and (
            candidate.decided_at is null
            or not exists (
                select from sync.removal_request_member as requested
                inner join sync.member
                    on
                        sync.member.list_id = %(list_id)s --noqa: RF02
                        and requested.subscriber_hash = sync.member.subscriber_hash
                where
                    requested.plan_id = candidate.plan_id
                    and sync.member.status in ('subscribed', 'pending')
                    and not exists (
                        select from staging.plan
                        where
                            staging.plan.staging_id = %(staging_id)s
                            and staging.plan.collection_id = %(collection_id)s
                            and staging.plan.subscriber_hash = requested.subscriber_hash
                            and staging.plan.action in ('archive', 'unsubscribe')
                    )
            )
        )
),

superseded as (
    update sync.removal_request as request
    set decision = 'superseded', decided_at = now()
    from covering
    where
        request.collection_code = %(collection_code)s
        and request.decided_at is null
        and request.plan_id is distinct from covering.plan_id
),

request as (
    insert into sync.removal_request (collection_code, run_id, removals, members)
    select
        %(collection_code)s as code,
        %(run_id)s as run,
        (select count(*) from removal) as removals,
        (
            select count(*) from sync.member
            where
                member.list_id = %(list_id)s --noqa: RF02
                and member.origin in ('created', 'adopted')
                and member.status in ('subscribed', 'pending')
        ) as members
    from covering
    where covering.plan_id is null
    returning plan_id
),

stored as (
    insert into sync.removal_request_member (plan_id, subscriber_hash, contact_id, cause)
    select
        request.plan_id,
        removal.subscriber_hash,
        removal.contact_id,
        removal.cause
    from request
    cross join removal
)

select
    plan_id,
    null::timestamptz as rejected_at
from request
union all
select
    asked.plan_id,
    asked.decided_at as rejected_at
from covering
inner join sync.removal_request as asked on covering.plan_id = asked.plan_id
