-- Contacts that asked to be erased, each with the contacts that were merged into it. A merged contact is
-- the same person under an older id, perhaps with an older address. An id that is no whole number, or too
-- large, is left out.
with recursive same_person as (
    select
        contact.contact_id as person_id,
        contact.contact_id,
        contact.erasure_requested_at as requested_at
    from crm.contact as contact
    where
        contact.erasure_requested_at is not null
        and mod(contact.contact_id::numeric, 1) = 0
        and abs(contact.contact_id::numeric) < 9223372036854775808
        and (
            cardinality(%(contact_ids)s::bigint[]) = 0
            or contact.contact_id = any(%(contact_ids)s::bigint[])
        )
    union
    select
        same_person.person_id,
        merged.contact_id,
        same_person.requested_at
    from same_person
    inner join crm.contact as merged on same_person.contact_id = merged.merged_into_id
)

select
    same_person.person_id::bigint as person_id,
    -- As text: Python cannot hold every time. A request is a request at any of them.
    min(same_person.requested_at)::text as requested_at,
    array_agg(distinct contact.contact_id::bigint order by contact.contact_id::bigint) as contact_ids,
    array_remove(array_agg(contact.email order by contact.contact_id), null) as emails
from same_person
inner join crm.contact as contact on same_person.contact_id = contact.contact_id
where
    mod(same_person.contact_id::numeric, 1) = 0
    and abs(same_person.contact_id::numeric) < 9223372036854775808
group by same_person.person_id
order by same_person.person_id
