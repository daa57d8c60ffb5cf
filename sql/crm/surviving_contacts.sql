-- The contact that each of the given ones was merged into in the end: itself where it was not. A contact
-- that was merged in a circle, or into one that is not there, survives itself.
with recursive upward as (
    select
        contact.contact_id,
        contact.contact_id as reached_id,
        contact.merged_into_id
    from crm.contact as contact
    where contact.contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        upward.contact_id,
        survivor.contact_id as reached_id,
        survivor.merged_into_id
    from upward
    inner join crm.contact as survivor on upward.merged_into_id = survivor.contact_id
)

select
    upward.contact_id,
    coalesce(min(upward.reached_id) filter (where upward.merged_into_id is null), upward.contact_id)
        as survivor_id
from upward
group by upward.contact_id
