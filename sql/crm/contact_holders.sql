-- The given contacts, and each contact that may hold an address with one of the given local parts now. The
-- expression is that of an index of the contract. It finds at least every address whose normal form has
-- such a local part. Unicode NFC makes ASCII signs of the two translated ones. An id that
-- is no whole number, or too large, is null. Such a contact is found only if it asked to be erased.
select
    contact.contact_id::bigint as contact_id,
    contact.email,
    contact.erasure_requested_at is not null as is_erased
from crm.contact as contact
where contact.contact_id = any(%(contact_ids)s::bigint[])
union
select
    case
        when
            mod(contact.contact_id::numeric, 1) = 0
            and abs(contact.contact_id::numeric) < 9223372036854775808
            then contact.contact_id::bigint
    end as contact_id,
    contact.email,
    contact.erasure_requested_at is not null as is_erased
from crm.contact as contact
where
    lower(substring(translate(contact.email, U&'\212A\1FEF', 'k`') collate "C" from '([!-?A-~]+)@'))
    = any(%(local_parts)s::text[])
    and (
        contact.erasure_requested_at is not null
        or (
            mod(contact.contact_id::numeric, 1) = 0
            and abs(contact.contact_id::numeric) < 9223372036854775808
        )
    )
