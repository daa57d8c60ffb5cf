-- A few contacts right before the push: whether each is still in the CRM and in the collection. Each has
-- every contact that was merged into it.
with recursive person as (
    select
        contact.contact_id as person_id,
        contact.contact_id
    from crm.contact as contact
    where contact.contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        person.person_id,
        merged.contact_id
    from person
    inner join crm.contact as merged on person.contact_id = merged.merged_into_id
),

merged_into as (
    select
        person_id,
        array_agg(contact_id::bigint) as merged_ids
    from person
    where
        contact_id <> person_id
        and mod(contact_id::numeric, 1) = 0
        and abs(contact_id::numeric) < 9223372036854775808
    group by person_id
)

select
    contact.contact_id::bigint as contact_id,
    contact.email,
    -- A row that cannot be read, or is there twice, is not mailed.
    coalesce(contact.is_active, false)
    and contact.merged_into_id is null
    and count(*) over (partition by contact.contact_id) = 1 as is_active,
    bool_or(contact.erasure_requested_at is not null) over (partition by contact.contact_id) as is_erased,
    coalesce(merged_into.merged_ids, '{}') as merged_ids,
    %(collection_id)s::bigint is null
    or exists (
        select from crm.collection_member as member
        where member.collection_id = %(collection_id)s::bigint and member.contact_id = contact.contact_id
    ) as is_member
from crm.contact as contact
left join merged_into on contact.contact_id = merged_into.person_id
where contact.contact_id = any(%(contact_ids)s::bigint[])
