-- The given contacts, each with itself and every contact merged into it, directly or over several merges.
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
)

select
    person.person_id::bigint as person_id,
    person.contact_id::bigint as contact_id,
    contact.email
from person
inner join crm.contact as contact on person.contact_id = contact.contact_id
where
    mod(person.contact_id::numeric, 1) = 0
    and abs(person.contact_id::numeric) < 9223372036854775808
