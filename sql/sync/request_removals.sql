-- An open request that covers the plan's removals stays open. So an hourly sync does not replace the
-- request that a person is reading. Any other open request of the collection is superseded.
-- A rejected request of the same members is not asked again for some time. The members are the same if
-- nobody else would be removed, and if nobody of them has come back. Those who withdrew go out anyway.
-- A request about another audience, or about a tag and not about members, is another question.
with removal as (
    select
        subscriber_hash,
        contact_id,
        cause
    from staging.plan
    where
        staging_id = %(staging_id)s
        and collection_id = %(collection_id)s
        and action in ('archive', 'unsubscribe', 'untag')
        and not cause = any(%(due_causes)s::text[])
),

candidate as (
    select
        request.plan_id,
        request.decided_at
    from sync.removal_request as request
    where
        request.collection_code = %(collection_code)s
        and request.collection_id = %(collection_id)s
        and request.list_id = %(list_id)s
        and request.of_tag = %(of_tag)s
        and (
            request.decided_at is null
            or (
                request.decision = 'rejected'
                and request.decided_at between now() - %(ask_again_after)s and now() + interval '1 minute'
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

-- Each member with all that is known of it. Sorted, not joined: a join would depend on statistics.
known as (
    select
        requested.plan_id,
        requested.subscriber_hash,
        false as is_removal,
        false as is_going,
        false as is_present
    from candidate
    inner join sync.removal_request_member as requested on candidate.plan_id = requested.plan_id
    union all
    select
        null as plan_id,
        staging.plan.subscriber_hash,
        not staging.plan.cause = any(%(due_causes)s::text[]) as is_removal,
        true as is_going,
        false as is_present
    from staging.plan
    where
        staging.plan.staging_id = %(staging_id)s
        and staging.plan.collection_id = %(collection_id)s
        and staging.plan.action in ('archive', 'unsubscribe', 'untag')
    union all
    select
        null as plan_id,
        sync.member.subscriber_hash,
        false as is_removal,
        false as is_going,
        true as is_present
    from sync.member
    where sync.member.list_id = %(list_id)s and sync.member.status in ('subscribed', 'pending') --noqa: RF02
),

requested as (
    select
        known.plan_id,
        bool_or(known.is_removal) over by_member as is_removal,
        bool_or(known.is_present) over by_member and not bool_or(known.is_going) over by_member as is_back
    from known
    window by_member as (partition by known.subscriber_hash)
),

compared as (
    select
        requested.plan_id,
        count(*) filter (where requested.is_removal) as removals,
        count(*) filter (where requested.is_back) as back
    from requested
    where requested.plan_id is not null
    group by requested.plan_id
),

covering as (
    select max(candidate.plan_id) as plan_id
    from candidate
    left join compared on candidate.plan_id = compared.plan_id
    where
        coalesce(compared.removals, 0) = (select count(*) from removal)
        and (candidate.decided_at is null or coalesce(compared.back, 0) = 0)
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
    insert into sync.removal_request (
        collection_code, collection_id, list_id, of_tag, run_id, removals, members
    )
    select
        %(collection_code)s as code,
        %(collection_id)s as collection,
        %(list_id)s as audience,
        %(of_tag)s as about_tag,
        %(run_id)s as run,
        (select count(*) from removal) as removals,
        (
            select count(*) from sync.member
            where
                member.list_id = %(list_id)s --noqa: RF02
                and member.origin in ('created', 'adopted')
                and member.status in ('subscribed', 'pending')
                and (
                    not %(of_tag)s
                    or exists (
                        select from sync.tag_member as tagged
                        where
                            tagged.list_id = member.list_id
                            and tagged.collection_id = %(collection_id)s
                            and tagged.subscriber_hash = member.subscriber_hash
                            and tagged.taken_by_hand_at is null
                    )
                )
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
