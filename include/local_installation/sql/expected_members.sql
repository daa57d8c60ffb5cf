-- The addresses that may be in each audience, from the sample CRM alone and without the pipeline. The demo
-- compares the sandbox with it. It needs a temporary table staged (collection_id, contact_id).
with recursive person as (
    -- A contact with every contact that was merged into it.
    select
        contact_id as person_id,
        contact_id
    from crm.contact
    union
    select
        person.person_id,
        merged.contact_id
    from person
    inner join crm.contact as merged on person.contact_id = merged.merged_into_id
),

written as (
    select
        contact_id,
        is_active and merged_into_id is null as is_active,
        erasure_requested_at,
        lower(normalize(btrim(email, e' \t\n'), nfc)) as address -- noqa: RF02
    from crm.contact
),

addressed as (
    select
        contact_id,
        is_active,
        erasure_requested_at,
        -- The one international domain of the sample, in the form that Mailchimp takes.
        replace(
            address, 'παράδειγμα.example.com', 'xn--hxajbheg2az3al.example.com'
        ) as address
    from written
),

contact as (
    select
        contact_id,
        is_active,
        erasure_requested_at,
        case
            when
                address ~ '^[a-z0-9!#$%%&''*+/=?^_`{|}~-]+(\.[a-z0-9!#$%%&''*+/=?^_`{|}~-]+)*@'
                and address ~ '@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+([a-z]{2,}|xn--[a-z0-9-]+)$'
                and address !~ '@.*@'
                and address !~ '\.(alt|example|internal|invalid|local|localhost|onion|test)$'
                then address
        end as address
    from addressed
),

deciding as (
    -- The person's own rows, and the withdrawals of the merged contacts.
    select distinct on (person.person_id, consent.gdpr_category)
        person.person_id as contact_id,
        consent.gdpr_category,
        consent.granted,
        consent.expires_at
    from person
    inner join crm.consent as consent on person.contact_id = consent.contact_id
    where
        consent.channel = 'email'
        and consent.effective_at <= now()
        and (consent.contact_id = person.person_id or not consent.granted)
    order by
        person.person_id asc,
        consent.gdpr_category asc,
        consent.effective_at desc,
        consent.granted asc,
        consent.consent_id desc
),

refused as (
    select
        contact.address,
        deciding.gdpr_category
    from deciding
    inner join crm.contact as survivor
        on deciding.contact_id = survivor.contact_id and survivor.merged_into_id is null
    inner join person on deciding.contact_id = person.person_id
    inner join contact on person.contact_id = contact.contact_id
    where not deciding.granted
    union all
    select
        address,
        null as gdpr_category
    from contact
    where erasure_requested_at is not null
)

select distinct on (collection.code, contact.address)
    collection.code as collection_code,
    contact.address,
    contact.contact_id
from staged
inner join crm.contact_collection as collection on staged.collection_id = collection.collection_id
inner join crm.campaign_type as campaign_type on collection.campaign_type = campaign_type.code
inner join contact on staged.contact_id = contact.contact_id
left join deciding
    on
        contact.contact_id = deciding.contact_id
        and campaign_type.gdpr_category = deciding.gdpr_category
where
    contact.is_active
    and contact.erasure_requested_at is null
    and contact.address is not null
    and (
        campaign_type.gdpr_category = 'unclassified'
        or (deciding.granted and (deciding.expires_at is null or deciding.expires_at > now()))
    )
    and not exists (
        select 1
        from refused
        where
            refused.address = contact.address
            and (refused.gdpr_category is null or refused.gdpr_category = campaign_type.gdpr_category)
    )
order by collection.code asc, contact.address asc, contact.contact_id asc;
