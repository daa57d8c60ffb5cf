-- Every contact that has an address. An id that is no whole number, or too large, is left out.
select
    contact_id::bigint as contact_id,
    email
from crm.contact
where
    email is not null
    and mod(contact_id::numeric, 1) = 0
    and abs(contact_id::numeric) < 9223372036854775808
