-- Present values of contacts to which refusals belong. A contact that is gone has no row here.
select
    contact.contact_id,
    contact.email
from crm.contact as contact
where contact.contact_id = any(%(contact_ids)s::bigint[])
