-- How many contacts asked to be erased, and have neither an id nor an address that names a person.
select count(*) as held
from crm.contact
where
    erasure_requested_at is not null
    and coalesce(email not like '%%@%%', true)
    and coalesce(mod(contact_id::numeric, 1) <> 0 or abs(contact_id::numeric) >= 9223372036854775808, true)
