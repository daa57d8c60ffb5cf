-- An open request that covers the plan's removals stays open. So an hourly sync does not replace the
-- request that a person is reading. Any other open request of the collection is superseded.
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

covering as (
    select max(request.plan_id) as plan_id
    from sync.removal_request as request
    where
        request.collection_code = %(collection_code)s
        and request.decided_at is null
        and not exists (
            select from removal
            where not exists (
                select from sync.removal_request_member as requested
                where
                    requested.plan_id = request.plan_id
                    and requested.subscriber_hash = removal.subscriber_hash
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

select plan_id from request
union all
select plan_id from covering
where plan_id is not null
