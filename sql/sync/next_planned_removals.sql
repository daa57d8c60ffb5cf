-- A page of the planned removals. Members whose state changed after planning are left out: archived by hand,
-- or unsubscribed by themselves.
select
    plan.action,
    plan.cause,
    plan.subscriber_hash,
    plan.contact_id,
    -- The person chose another address in Mailchimp than the CRM has: ours only knows its id.
    exists(
        select from sync.changed_address as changed
        where
            changed.list_id = %(list_id)s
            and changed.contact_id = plan.contact_id
            and changed.new_hash = plan.subscriber_hash
            and changed.ended_at is null
    ) as has_changed_address
from staging.plan as plan
inner join sync.member as member
    on member.list_id = %(list_id)s and plan.subscriber_hash = member.subscriber_hash
where
    plan.staging_id = %(staging_id)s
    and plan.collection_id = %(collection_id)s
    and plan.action = any('{unsubscribe, archive}'::text[])
    and plan.subscriber_hash > %(after)s
    and case
        when plan.action = 'archive' then member.status = 'subscribed'
        else sync.may_be_mailed(member.status)
    end
    and (plan.cause = any(%(due_causes)s::text[])) = %(is_due)s
order by plan.subscriber_hash
limit %(page)s
