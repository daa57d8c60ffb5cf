-- Every refusal in force at the clock, of the whole CRM: requests for erasure (category null) and
-- deciding withdrawals. Merged and inactive contacts count too.
with deciding as (
    select distinct on (consent.contact_id, consent.gdpr_category)
        consent.contact_id,
        consent.gdpr_category,
        consent.granted
    from crm.consent as consent
    where
        consent.channel = 'email'
        and consent.effective_at <= %(clock)s
        and consent.contact_id in (
            select withdrawal.contact_id
            from crm.consent as withdrawal
            where
                withdrawal.channel = 'email'
                and not withdrawal.granted
                and withdrawal.effective_at <= %(clock)s
        )
    order by
        consent.contact_id asc, consent.gdpr_category asc, consent.effective_at desc, consent.granted asc,
        consent.consent_id desc
)

select
    contact.contact_id,
    contact.email,
    refusal.gdpr_category
from (
    select
        deciding.contact_id,
        deciding.gdpr_category
    from deciding
    where not deciding.granted
    union all
    select
        erased.contact_id,
        null as gdpr_category
    from crm.contact as erased
    where erased.erasure_requested_at is not null
) as refusal
inner join crm.contact as contact on refusal.contact_id = contact.contact_id
