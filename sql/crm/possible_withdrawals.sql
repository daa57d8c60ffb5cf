-- Contacts with a consent row that is not a plain grant in the contract's words. It finds more contacts
-- than those that withdrew, and misses none of them.
select distinct consent.contact_id::bigint as contact_id
from crm.consent as consent
where
    (
        consent.granted is not true
        or consent.effective_at is null
        or consent.consent_id is null
        or mod(consent.consent_id::numeric, 1) <> 0
        or consent.channel is null
        or consent.gdpr_category is null
        or consent.channel::text <> all(%(channels)s::text[])
        or consent.gdpr_category::text <> all(%(categories)s::text[])
    )
    and mod(consent.contact_id::numeric, 1) = 0
    and abs(consent.contact_id::numeric) < 9223372036854775808
