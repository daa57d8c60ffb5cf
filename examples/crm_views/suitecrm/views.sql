-- Views that show a copy of SuiteCRM as the contract wants it (docs/own_crm.md says why each line is so). Run
-- it as a login that owns schema suitecrm, or that may read its tables and create schemas.

-- ---------------------------------------------------------------- what belongs to the mapping

create schema crm_map;

-- Which target lists become collections. SuiteCRM's lists say neither a code nor a category.
create table crm_map.collection (
    collection_id integer primary key,
    prospect_list_id char(36) unique, -- null: a dynamic collection
    code text not null unique,
    description text, -- null: the list's name
    owner_id char(36) not null,
    campaign_type text,
    query_text text, -- of a dynamic collection
    check ((prospect_list_id is null) <> (query_text is null))
);

-- A number for an id of 36 signs: 60 bits of its md5, always the same. Two ids with one number are very
-- unlikely. If it happens, the contract holds both contacts back, because their contact_id is there twice.
create function crm_map.id_of(written text) returns bigint
language sql immutable strict parallel safe
return ('x' || substr(md5(written), 1, 15))::bit(60)::bigint;

-- ---------------------------------------------------------------- the contract

create schema if not exists crm;

create view crm.resource as
select
    crm_map.id_of(id) as resource_id,
    coalesce(nullif(btrim(concat_ws(' ', first_name, last_name)), ''), user_name, 'SuiteCRM') as name,
    null::text as email
from suitecrm.users;

create view crm.contact as
select
    crm_map.id_of(contact.id) as contact_id,
    main.email_address as email,
    nullif(btrim(contact.first_name), '') as first_name,
    nullif(btrim(contact.last_name), '') as last_name,
    null::text as company,
    contact.phone_work::text as phone,
    contact.phone_mobile::text as mobile,
    nullif(btrim(contact.primary_address_street), '') as address1,
    null::text as address2,
    nullif(btrim(contact.primary_address_city), '') as city,
    nullif(btrim(contact.primary_address_postalcode), '') as zip,
    case upper(btrim(contact.primary_address_country))
        when 'ΕΛΛΑΔΑ' then 'GR' when 'ΕΛΛΆΔΑ' then 'GR' when 'GREECE' then 'GR' when 'GR' then 'GR'
        when 'ΚΥΠΡΟΣ' then 'CY' when 'ΚΎΠΡΟΣ' then 'CY' when 'CYPRUS' then 'CY' when 'CY' then 'CY'
    end as country,
    null::text as language,
    contact.birthdate as birth_date,
    -- Another number than 0 and 1, or null, holds the contact back.
    case contact.deleted when 0 then true when 1 then false end as is_active,
    null::timestamptz as erasure_requested_at,
    null::bigint as merged_into_id,
    coalesce(contact.date_modified, '2000-01-01') at time zone 'UTC' as updated_at
from suitecrm.contacts as contact
left join lateral (
    -- Two primary addresses, or one that is marked as invalid: no address.
    select
        case when count(*) = 1 and max(address.invalid_email) = 0 then min(address.email_address) end
            as email_address
    from suitecrm.email_addr_bean_rel as link
    inner join suitecrm.email_addresses as address on link.email_address_id = address.id
    where
        link.bean_id = contact.id
        and link.bean_module = 'Contacts'
        and link.primary_address = 1
        and link.deleted = 0
        and address.deleted = 0
) as main on true;

create view crm.contact_field as
select
    null::text as code,
    null::text as label,
    null::text as data_type,
    null::text[] as choices
where false;

create view crm.contact_field_value as
select
    null::bigint as contact_id,
    null::text as field_code,
    null::text as value
where false;

-- The only consent is the confirmed opt-in of the primary address, with its own time, and for newsletters.
-- Refusals count for both categories, and at the latest from the last change of their row: SuiteCRM does not
-- say when somebody set them.
create view crm.consent as
select
    crm_map.id_of('confirmed ' || link.id) as consent_id,
    crm_map.id_of(link.bean_id) as contact_id,
    'email'::text as channel,
    'newsletter'::text as gdpr_category,
    true as granted,
    address.confirm_opt_in_date at time zone 'UTC' as effective_at,
    null::timestamptz as expires_at,
    'confirmed opt-in'::text as source,
    coalesce(address.date_modified, '2000-01-01') at time zone 'UTC' as recorded_at
from suitecrm.email_addr_bean_rel as link
inner join suitecrm.email_addresses as address on link.email_address_id = address.id
where
    link.bean_module = 'Contacts'
    and link.primary_address = 1
    and link.deleted = 0
    and address.deleted = 0
    and address.opt_out = 0
    and address.confirm_opt_in = 'confirmed-opt-in'
union all
-- An opt-out of any address that the contact has or had: links and addresses that are marked as deleted
-- count. So does another row with the same address.
select
    crm_map.id_of('opt-out ' || category.code || ' ' || link.id || refused.id) as consent_id,
    crm_map.id_of(link.bean_id) as contact_id,
    'email'::text as channel,
    category.code as gdpr_category,
    case when refused.opt_out = 1 then false end as granted, -- null or another number: held back
    refused.date_modified at time zone 'UTC' as effective_at,
    null::timestamptz as expires_at,
    'opt-out'::text as source,
    coalesce(refused.date_modified, '2000-01-01') at time zone 'UTC' as recorded_at
from suitecrm.email_addr_bean_rel as link
inner join suitecrm.email_addresses as linked on link.email_address_id = linked.id
inner join suitecrm.email_addresses as refused
    on
        linked.email_address_caps = refused.email_address_caps
        and refused.opt_out is distinct from 0
cross join (values ('newsletter'), ('offer')) as category (code)
where link.bean_module = 'Contacts'
union all
-- The lawful basis was withdrawn.
select
    crm_map.id_of('withdrawn ' || category.code || ' ' || contact.id) as consent_id,
    crm_map.id_of(contact.id) as contact_id,
    'email'::text as channel,
    category.code as gdpr_category,
    false as granted,
    contact.date_modified at time zone 'UTC' as effective_at,
    null::timestamptz as expires_at,
    contact.lawful_basis_source::text as source,
    coalesce(contact.date_modified, '2000-01-01') at time zone 'UTC' as recorded_at
from suitecrm.contacts as contact
cross join (values ('newsletter'), ('offer')) as category (code)
where contact.lawful_basis ~* 'withdrawn'
union all
-- A suppression list by id has the contact.
select
    crm_map.id_of('exempt ' || category.code || ' ' || entry.id) as consent_id,
    crm_map.id_of(entry.related_id) as contact_id,
    'email'::text as channel,
    category.code as gdpr_category,
    false as granted,
    entry.date_modified at time zone 'UTC' as effective_at,
    null::timestamptz as expires_at,
    'suppression list'::text as source,
    coalesce(entry.date_modified, '2000-01-01') at time zone 'UTC' as recorded_at
from suitecrm.prospect_lists_prospects as entry
inner join suitecrm.prospect_lists as list on entry.prospect_list_id = list.id
cross join (values ('newsletter'), ('offer')) as category (code)
where
    list.list_type = 'exempt'
    and list.deleted is distinct from 1
    and entry.related_type = 'Contacts'
    and entry.deleted is distinct from 1
union all
-- A suppression list by address has somebody with an address of the contact, such as a lead.
select
    crm_map.id_of('exempt address ' || category.code || ' ' || entry.id || link.id || theirs.id)
        as consent_id,
    crm_map.id_of(link.bean_id) as contact_id,
    'email'::text as channel,
    category.code as gdpr_category,
    false as granted,
    entry.date_modified at time zone 'UTC' as effective_at,
    null::timestamptz as expires_at,
    'suppression list'::text as source,
    coalesce(entry.date_modified, '2000-01-01') at time zone 'UTC' as recorded_at
from suitecrm.email_addr_bean_rel as link
inner join suitecrm.email_addresses as linked on link.email_address_id = linked.id
inner join suitecrm.email_addresses as listed on linked.email_address_caps = listed.email_address_caps
inner join suitecrm.email_addr_bean_rel as theirs on listed.id = theirs.email_address_id
inner join suitecrm.prospect_lists_prospects as entry
    on theirs.bean_id = entry.related_id and theirs.bean_module = entry.related_type
inner join suitecrm.prospect_lists as list on entry.prospect_list_id = list.id
cross join (values ('newsletter'), ('offer')) as category (code)
where
    link.bean_module = 'Contacts'
    and list.list_type = 'exempt_address'
    and list.deleted is distinct from 1
    and entry.deleted is distinct from 1
union all
-- A suppression list by domain names the domain of an address of the contact.
select
    crm_map.id_of('exempt domain ' || category.code || ' ' || list.id || link.id) as consent_id,
    crm_map.id_of(link.bean_id) as contact_id,
    'email'::text as channel,
    category.code as gdpr_category,
    false as granted,
    list.date_modified at time zone 'UTC' as effective_at,
    null::timestamptz as expires_at,
    'suppression list'::text as source,
    coalesce(list.date_modified, '2000-01-01') at time zone 'UTC' as recorded_at
from suitecrm.email_addr_bean_rel as link
inner join suitecrm.email_addresses as linked on link.email_address_id = linked.id
inner join suitecrm.prospect_lists as list
    on
        list.list_type = 'exempt_domain'
        and split_part(linked.email_address_caps, '@', 2) = upper(btrim(list.domain_name, ' @'))
cross join (values ('newsletter'), ('offer')) as category (code)
where link.bean_module = 'Contacts' and list.deleted is distinct from 1;

-- A list that is gone has no description: the collection is blocked, and its people stay.
create view crm.contact_collection as
select
    chosen.collection_id,
    chosen.code,
    coalesce(chosen.description, list.name) as description,
    crm_map.id_of(chosen.owner_id) as owner_id,
    null::text as comments,
    true as is_shared,
    chosen.prospect_list_id is not null as is_static,
    chosen.query_text,
    'mailchimp'::text as external_provider,
    chosen.campaign_type,
    true as use_provider_defaults,
    false as sync_merge_fields,
    null::text as company,
    null::text as address1,
    null::text as address2,
    null::text as city,
    null::text as state,
    null::text as zip,
    null::text as country,
    null::text as phone,
    null::text as from_name,
    null::text as from_email,
    null::text as subject,
    null::text as language,
    null::text as permission_reminder,
    null::boolean as email_type_option,
    null::text as provider_list_id,
    case
        when chosen.prospect_list_id is null or list.deleted = 0 then true
        when list.deleted = 1 then false
    end as is_active,
    coalesce(list.date_modified, '2000-01-01') at time zone 'UTC' as updated_at
from crm_map.collection as chosen
left join suitecrm.prospect_lists as list on chosen.prospect_list_id = list.id;

-- Contacts only: leads, targets, users and accounts of a list have no consent that the contract knows.
create view crm.collection_member as
select
    chosen.collection_id,
    crm_map.id_of(entry.related_id) as contact_id,
    coalesce(entry.date_modified, '2000-01-01') at time zone 'UTC' as added_at
from crm_map.collection as chosen
inner join suitecrm.prospect_lists_prospects as entry on chosen.prospect_list_id = entry.prospect_list_id
where entry.related_type = 'Contacts' and entry.deleted = 0;
