-- Present values of contacts to which refusals belong. A contact that is gone has no row here. Column
-- is_cut_off: the contact was merged, and a record further on in the chain of merges is gone.
with recursive chain as (
    select
        contact.contact_id,
        contact.merged_into_id as next_id
    from crm.contact as contact
    where contact.contact_id = any(%(contact_ids)s::bigint[]) and contact.merged_into_id is not null
    union
    select
        chain.contact_id,
        survivor.merged_into_id as next_id
    from chain
    inner join crm.contact as survivor on chain.next_id = survivor.contact_id
    where survivor.merged_into_id is not null
),

cut_off as (
    select distinct chain.contact_id
    from chain
    left join crm.contact as present on chain.next_id = present.contact_id
    where present.contact_id is null
)

select
    contact.contact_id::bigint as contact_id,
    contact.email,
    cut_off.contact_id is not null as is_cut_off
from crm.contact as contact
left join cut_off on contact.contact_id = cut_off.contact_id
where contact.contact_id = any(%(contact_ids)s::bigint[])
