-- Which of these contacts the CRM has, and whether they were merged into another one.
select
    contact.contact_id::bigint as contact_id,
    contact.merged_into_id is not null as is_merged
from crm.contact as contact
where contact.contact_id = any(%(contact_ids)s::bigint[])
