-- Contacts that asked to be erased and were merged, each with the contact that stands for them now and
-- did not ask. Merged in a circle: nobody stands for anybody, and all of the circle are erased.
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

select
    upward.asked_id,
    upward.survivor_id
from upward
inner join crm.contact as survivor on upward.survivor_id = survivor.contact_id
where survivor.merged_into_id is null and survivor.erasure_requested_at is null
order by upward.asked_id
