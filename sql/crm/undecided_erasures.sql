-- Contacts that asked to be erased and were merged. Each has the contact that represents the person now and
-- did not ask. In a circle of merges no contact represents another, and all of the circle are erased. An id
-- that is no whole number, or too large, is null.
with recursive upward as (
    select
        contact.contact_id as asked_id,
        contact.merged_into_id as survivor_id
    from crm.contact as contact
    where contact.erasure_requested_at is not null and contact.merged_into_id is not null
    union
    select
        upward.asked_id,
        contact.merged_into_id as survivor_id
    from upward
    inner join crm.contact as contact on upward.survivor_id = contact.contact_id
    where contact.merged_into_id is not null
)

select distinct
    case
        when mod(upward.asked_id::numeric, 1) = 0 and abs(upward.asked_id::numeric) < 9223372036854775808
            then upward.asked_id::bigint
    end as asked_id,
    upward.survivor_id::bigint as survivor_id
from upward
inner join crm.contact as survivor on upward.survivor_id = survivor.contact_id
where
    survivor.merged_into_id is null
    and survivor.erasure_requested_at is null
    and mod(upward.survivor_id::numeric, 1) = 0
    and abs(upward.survivor_id::numeric) < 9223372036854775808
order by 1, 2
