-- Where contacts to which refusals belong are to be found now; a contact that is gone is missing here.
select
    contact.contact_id,
    contact.email
from crm.contact as contact
where contact.contact_id = any(%(contact_ids)s::bigint[])
