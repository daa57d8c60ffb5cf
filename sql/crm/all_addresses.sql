-- Every contact that has an address.
select
    contact_id,
    email
from crm.contact
where email is not null
