-- A page of the planned removals. Members whose state changed after planning are left out: archived by hand,
-- or unsubscribed by themselves. Each member is looked up by its key, as in next_planned_contacts.sql.
select
    planned.action,
    planned.cause,
    planned.subscriber_hash,
    planned.contact_id,
    -- The person chose another address in Mailchimp than the CRM has: ours only knows its id.
    exists(
        select from sync.changed_address as changed
        where
            changed.list_id = %(list_id)s
            and changed.contact_id = planned.contact_id
            and changed.new_hash = planned.subscriber_hash
            and changed.ended_at is null
    ) as has_changed_address
from (
    select of_action.*
    from unnest('{unsubscribe, archive}'::text[]) as wanted (action)
    cross join
        lateral (
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
                    where known.list_id = %(list_id)s and known.subscriber_hash = plan.subscriber_hash
                    offset 0
                ) as member
            where
                plan.staging_id = %(staging_id)s
                and plan.collection_id = %(collection_id)s
                and plan.action = wanted.action
                and plan.subscriber_hash > %(after)s
                and (plan.cause = any(%(due_causes)s::text[])) = %(is_due)s
                and case
                    when plan.action = 'archive' then member.status = 'subscribed'
                    else sync.may_be_mailed(member.status)
                end
            order by plan.subscriber_hash
            limit %(page)s
        ) as of_action
    order by of_action.subscriber_hash
    limit %(page)s
) as planned
order by planned.subscriber_hash
