-- The state of a few contacts right before they are pushed: still there, still theirs, and their
-- consent still in force now.
with deciding as (
    select distinct on (consent.contact_id)
        consent.contact_id,
        consent.consent_id,
        consent.granted,
        consent.expires_at
    from crm.consent as consent
    where
        consent.contact_id = any(%(contact_ids)s::bigint[])
        and consent.channel = 'email'
        and consent.gdpr_category = %(gdpr_category)s::text
        and consent.effective_at <= clock_timestamp()
    order by consent.contact_id asc, consent.effective_at desc, consent.granted asc, consent.consent_id desc
)

select
    contact.contact_id,
    contact.email,
    contact.is_active and contact.merged_into_id is null as is_active,
    contact.erasure_requested_at is not null as is_erased,
    deciding.consent_id,
    coalesce(
        deciding.granted and (deciding.expires_at is null or deciding.expires_at > clock_timestamp()), false
    ) as has_consent,
    %(collection_id)s::bigint is null
    or exists (
        select from crm.collection_member as member
        where member.collection_id = %(collection_id)s::bigint and member.contact_id = contact.contact_id
    ) as is_member
from crm.contact as contact
left join deciding on contact.contact_id = deciding.contact_id
where contact.contact_id = any(%(contact_ids)s::bigint[])
