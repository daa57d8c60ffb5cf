-- Who may be in which audience, worked out from the sample crm alone, without the pipeline: what the
-- demo compares the sandbox with. Needs a temporary table staged (collection_id, contact_id).
with written as (
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
    select distinct on (contact_id, gdpr_category)
        contact_id,
        gdpr_category,
        granted,
        expires_at
    from crm.consent
    where channel = 'email' and effective_at <= now()
    order by
        contact_id asc,
        gdpr_category asc,
        effective_at desc,
        granted asc,
        consent_id desc
),

refused as (
    select
        contact.address,
        deciding.gdpr_category
    from contact
    inner join deciding on contact.contact_id = deciding.contact_id
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
