-- The plan member by member, without unchanged members. If the contact is gone from the CRM, its id is the
-- one that the member was pushed under.
select
    collection.collection_code,
    plan.action,
    plan.cause,
    plan.contact_id,
    collection.guard_detail is not null
    and plan.action in ('unsubscribe', 'archive')
    and not coalesce(plan.cause, '') = any(%(due_causes)s::text[]) as waits_for_approval
from staging.plan as plan
inner join sync.staged_collection as collection
    on plan.staging_id = collection.staging_id and plan.collection_id = collection.collection_id
where
    plan.staging_id = %(staging_id)s
    and plan.action <> 'unchanged'
    and (%(collection_code)s::text is null or collection.collection_code = %(collection_code)s::text)
order by collection.collection_code, plan.action, plan.cause, plan.contact_id
