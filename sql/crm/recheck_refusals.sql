-- Refusals in force now, by the given contacts or by whoever holds an address with one of the given
-- local parts now, however long ago they refused: an old refusal moves along with its contact to
-- another address. The expression is that of an index of the contract, and finds at least every
-- address that has such a local part in normal form: those signs stand for ASCII ones in Unicode NFC.
with holder as (
    select contact_id from crm.contact
    where contact_id = any(%(contact_ids)s::bigint[])
    union
    select contact_id from crm.contact
    where
        lower(substring(translate(email, U&'\212A\1FEF', 'k`') collate "C" from '([!-?A-~]+)@'))
        = any(%(local_parts)s::text[])
),

deciding as (
    select distinct on (consent.contact_id, consent.gdpr_category)
        consent.contact_id,
        consent.gdpr_category,
        consent.granted
    from crm.consent as consent
    where
        consent.contact_id in (select holder.contact_id from holder)
        and consent.channel = 'email'
        and consent.effective_at <= clock_timestamp()
    order by
        consent.contact_id asc, consent.gdpr_category asc, consent.effective_at desc, consent.granted asc,
        consent.consent_id desc
)

select
    contact.contact_id,
    contact.email,
    deciding.gdpr_category
from deciding
inner join crm.contact as contact on deciding.contact_id = contact.contact_id
where not deciding.granted
union all
select
    contact.contact_id,
    contact.email,
    null as gdpr_category
from crm.contact as contact
where
    contact.erasure_requested_at is not null
    and contact.contact_id in (select holder.contact_id from holder)
