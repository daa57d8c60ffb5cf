-- The deciding e-mail consent per contact and category: the newest effective row not in the
-- future; at equal times a withdrawal wins, then the newest row. Where all rows lie in the
-- future consent_id is null, and future_grant tells whether one of them is a grant.
with email_consent as (
    select
        consent.contact_id,
        consent.gdpr_category,
        consent.consent_id,
        consent.granted,
        consent.effective_at,
        consent.expires_at,
        consent.effective_at <= %(clock)s as in_force,
        bool_or(consent.granted and consent.effective_at > %(clock)s)
            over (partition by consent.contact_id, consent.gdpr_category) as future_grant
    from crm.consent as consent
    where consent.contact_id = any(%(contact_ids)s::bigint[]) and consent.channel = 'email'
)

select distinct on (contact_id, gdpr_category)
    %(staging_id)s::bigint as staging_id,
    contact_id,
    gdpr_category,
    case when in_force then consent_id end as consent_id,
    case when in_force then granted end as granted,
    case when in_force then effective_at end as effective_at,
    case when in_force then expires_at end as expires_at,
    future_grant
from email_consent
order by contact_id asc, gdpr_category asc, in_force desc, effective_at desc, granted asc, consent_id desc
