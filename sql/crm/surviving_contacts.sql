-- The contact that each given contact was merged into in the end: itself if it was not merged. The last one
-- that is in the CRM counts. A contact that was merged in a circle survives itself.
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
    where
        mod(survivor.contact_id::numeric, 1) = 0
        and abs(survivor.contact_id::numeric) < 9223372036854775808
),

topmost as (
    select
        upward.contact_id,
        upward.reached_id
    from upward
    left join upward as further
        on upward.contact_id = further.contact_id and upward.merged_into_id = further.reached_id
    where further.contact_id is null
)

select
    given.contact_id::bigint as contact_id,
    coalesce(min(topmost.reached_id), given.contact_id)::bigint as survivor_id
from (select distinct upward.contact_id from upward) as given
left join topmost on given.contact_id = topmost.contact_id
group by given.contact_id
