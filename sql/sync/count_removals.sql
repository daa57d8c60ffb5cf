-- Counts the planned removals that need a person above the limit, those outside an approved plan, and the
-- present members. In a shared audience these are the members with the collection's tag. If another address
-- of the same contact replaces an address, that is no removal.
--
-- The addresses of each contact are gathered once: no removal looks through the plan for them.
with replacing as materialized (
    select
        plan.contact_id,
        min(plan.subscriber_hash) as first_hash,
        max(plan.subscriber_hash) as last_hash
    from staging.plan as plan
    where
        plan.staging_id = %(staging_id)s
        and plan.collection_id = %(collection_id)s
        and plan.action in (
            'add', 'add_pending', 'revive', 'adopt', 'update', 'reconfirm', 'unchanged', 'tag'
        )
    group by plan.contact_id
),

removal as (
    select plan.subscriber_hash
    from staging.plan as plan
    left join replacing
        on plan.contact_id = replacing.contact_id and plan.cause = 'changed_address'
    where
        plan.staging_id = %(staging_id)s
        and plan.collection_id = %(collection_id)s
        and plan.action in ('archive', 'unsubscribe', 'untag')
        and not plan.cause = any(%(due_causes)s::text[])
        and not coalesce(
            replacing.first_hash <> plan.subscriber_hash or replacing.last_hash <> plan.subscriber_hash, false
        )
)

select
    (select count(*) from removal)::integer as removals,
    (
        select count(*) from removal
        where
            not exists (
                select from sync.removal_request_member as approved
                where approved.plan_id = %(plan_id)s and approved.subscriber_hash = removal.subscriber_hash
            )
    )::integer as outside,
    case
        when %(is_shared)s
            then (
                select count(*)
                from sync.tag_member as tagged
                inner join sync.member as member
                    on tagged.list_id = member.list_id and tagged.subscriber_hash = member.subscriber_hash
                where
                    tagged.list_id = %(list_id)s
                    and tagged.collection_id = %(collection_id)s
                    and tagged.taken_by_hand_at is null
                    and member.status in ('subscribed', 'pending')
                    and member.cause is distinct from 'forgotten'
            )
        else (
            select count(*) from sync.member
            where
                list_id = %(list_id)s
                and origin in ('created', 'adopted')
                and status in ('subscribed', 'pending')
                and cause is distinct from 'forgotten'
        )
    end::integer as members
