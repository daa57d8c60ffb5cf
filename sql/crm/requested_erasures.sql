-- Contacts that asked to be erased, at whatever time. An id that is no whole number, or too large, is null:
-- the address is refused all the same.
select
    case
        when
            mod(contact.contact_id::numeric, 1) = 0
            and abs(contact.contact_id::numeric) < 9223372036854775808
            then contact.contact_id::bigint
    end as contact_id,
    contact.email
from crm.contact as contact
where contact.erasure_requested_at is not null
