-- Contacts that asked to be erased, each with the contacts that were merged into it. A merged contact is
-- the same person under an older id, perhaps with an older address. An id that is no whole number, or too
-- large, names nobody. Such a contact is known by its address alone. Without an address it is left out.
with recursive same_person as (
    select
        contact.contact_id as asked_id,
        -- Several people may have the same unreadable id: their addresses tell them apart.
        case
            when
                mod(contact.contact_id::numeric, 1) = 0
                and abs(contact.contact_id::numeric) < 9223372036854775808
                then null
            else contact.email
        end as asked_email,
        contact.contact_id,
        contact.email,
        contact.erasure_requested_at as requested_at
    from crm.contact as contact
    where
        contact.erasure_requested_at is not null
        and (
            contact.email like '%%@%%'
            or (
                mod(contact.contact_id::numeric, 1) = 0
                and abs(contact.contact_id::numeric) < 9223372036854775808
            )
        )
        and (
            cardinality(%(contact_ids)s::bigint[]) = 0
            or contact.contact_id = any(%(contact_ids)s::bigint[])
        )
    union
    select
        same_person.asked_id,
        same_person.asked_email,
        merged.contact_id,
        merged.email,
        same_person.requested_at
    from same_person
    inner join crm.contact as merged on same_person.contact_id = merged.merged_into_id
    -- False where the id is no number at all: two such ids are equal, and name different people.
    where mod(same_person.contact_id::numeric, 1) < 1
),

known_row as (
    select
        asked_id,
        asked_email,
        contact_id,
        email,
        requested_at
    from same_person
    union
    -- A contact that is there twice has another row under its id.
    select
        same_person.asked_id,
        same_person.asked_email,
        twin.contact_id,
        twin.email,
        same_person.requested_at
    from same_person
    inner join crm.contact as twin on same_person.contact_id = twin.contact_id
    where
        mod(same_person.contact_id::numeric, 1) = 0
        and abs(same_person.contact_id::numeric) < 9223372036854775808
)

select
    case
        when mod(asked_id::numeric, 1) = 0 and abs(asked_id::numeric) < 9223372036854775808
            then asked_id::bigint
    end as person_id,
    asked_email,
    -- As text: Python cannot hold every time. A request is a request at any of them.
    min(requested_at)::text as requested_at,
    coalesce(
        array_agg(distinct contact_id::bigint) filter (
            where mod(contact_id::numeric, 1) = 0 and abs(contact_id::numeric) < 9223372036854775808
        ),
        '{}'
    ) as contact_ids,
    coalesce(array_agg(distinct email) filter (where email is not null), '{}') as emails
from known_row
group by asked_id, asked_email
order by asked_id, asked_email
