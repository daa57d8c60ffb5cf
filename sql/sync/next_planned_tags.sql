-- A page of the members that get or lose a collection's tag. Only subscribed members do: what Mailchimp
-- shows of the others is none of a campaign's business. Each row is looked up by its key, as in
-- next_planned_contacts.sql. Some are taken before the shared audience's plan archives the members.
select
    planned.action,
    planned.cause,
    planned.subscriber_hash,
    planned.contact_id,
    -- The person may have another address in Mailchimp, of which we know only the id.
    case
        when
            planned.subscriber_hash in (
                sync.subscriber_hash(contact.address_key), alias.subscriber_hash
            )
            then contact.address_key
    end as address_key,
    exists(
        select from sync.changed_address as changed
        where
            changed.list_id = %(list_id)s
            and changed.contact_id = planned.contact_id
            and changed.new_hash = planned.subscriber_hash
            and changed.ended_at is null
    ) as has_changed_address
from (
    select
        plan.action,
        plan.cause,
        plan.subscriber_hash,
        plan.contact_id
    from staging.plan as plan
    cross join
        lateral (
            select known.status
            from sync.member as known
            where
                known.list_id = %(list_id)s
                and known.subscriber_hash = plan.subscriber_hash
                and known.status = 'subscribed'
            offset 0
        ) as member
    where
        plan.staging_id = %(staging_id)s
        and plan.collection_id = %(collection_id)s
        and plan.action = %(action)s
        and plan.subscriber_hash > %(after)s
        and (plan.action = 'tag' or (plan.cause = any(%(due_causes)s::text[])) = %(is_due)s)
        and (
            %(archived_from)s::bigint is null
            or exists (
                select from staging.plan as going
                where
                    going.staging_id = %(staging_id)s
                    and going.collection_id = %(archived_from)s
                    and going.action = 'archive'
                    and going.subscriber_hash = plan.subscriber_hash
            )
        )
    order by plan.subscriber_hash
    limit %(page)s
) as planned
left join lateral (
    select staged.address_key
    from staging.contact as staged
    where staged.staging_id = %(staging_id)s and staged.contact_id = planned.contact_id
    offset 0
) as contact on true
left join lateral (
    select same.subscriber_hash
    from sync.subscriber_alias as same
    where same.address_hash = sync.subscriber_hash(contact.address_key)
    offset 0
) as alias on true
order by planned.subscriber_hash
