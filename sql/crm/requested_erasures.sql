-- Contacts that asked to be erased.
select
    contact.contact_id,
    contact.email
from crm.contact as contact
where contact.erasure_requested_at is not null
