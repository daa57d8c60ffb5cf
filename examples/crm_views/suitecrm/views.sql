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
-- Refusals count for both categories, from the last change of their row. SuiteCRM does not say when somebody
-- set them. All of it is looked up from the contact. Only then does Postgres read the rows of single contacts
-- by an index.
create view crm.consent as
select
    crm_map.id_of(said.what || category.code || contact.id) as consent_id,
    crm_map.id_of(contact.id) as contact_id,
    'email'::text as channel,
    category.code as gdpr_category,
    said.granted,
    said.said_at at time zone 'UTC' as effective_at,
    null::timestamptz as expires_at,
    said.source,
    coalesce(said.said_at, '2000-01-01') at time zone 'UTC' as recorded_at
from suitecrm.contacts as contact
cross join
    lateral (
        select
            'confirmed ' || link.id as what,
            true as granted,
            address.confirm_opt_in_date as said_at,
            'confirmed opt-in' as source
        from suitecrm.email_addr_bean_rel as link
        inner join suitecrm.email_addresses as address on link.email_address_id = address.id
        where
            link.bean_id = contact.id
            and link.bean_module = 'Contacts'
            and link.primary_address = 1
            and link.deleted = 0
            and address.deleted = 0
            and address.opt_out = 0
            and address.confirm_opt_in = 'confirmed-opt-in'
        union all
        -- An opt-out of any address that the contact has or had, also if it is marked as deleted. Another row
        -- with the same address counts, too. Null or another number than 1: held back.
        select
            'opt-out ' || link.id || refused.id as what,
            case when refused.opt_out = 1 then false end as granted,
            refused.date_modified as said_at,
            'opt-out' as source
        from suitecrm.email_addr_bean_rel as link
        inner join suitecrm.email_addresses as linked on link.email_address_id = linked.id
        inner join suitecrm.email_addresses as refused
            on linked.email_address_caps = refused.email_address_caps
        where
            link.bean_id = contact.id
            and link.bean_module = 'Contacts'
            and refused.opt_out is distinct from 0
        union all
        -- The lawful basis was withdrawn.
        select
            'withdrawn ' as what,
            false as granted,
            contact.date_modified as said_at,
            contact.lawful_basis_source as source
        where contact.lawful_basis ~* 'withdrawn'
        union all
        -- A suppression list by id has the contact.
        select
            'exempt ' || entry.id as what,
            false as granted,
            entry.date_modified as said_at,
            'suppression list' as source
        from suitecrm.prospect_lists_prospects as entry
        where
            entry.related_id = contact.id::text
            and entry.related_type = 'Contacts'
            and entry.deleted is distinct from 1
            and entry.prospect_list_id in (
                select list.id::text
                from suitecrm.prospect_lists as list
                where list.list_type = 'exempt' and list.deleted is distinct from 1
            )
        union all
        -- A suppression list by address has somebody with an address of the contact, such as a lead.
        select
            'exempt address ' || entry.id || link.id || theirs.id as what,
            false as granted,
            entry.date_modified as said_at,
            'suppression list' as source
        from suitecrm.email_addr_bean_rel as link
        inner join suitecrm.email_addresses as linked on link.email_address_id = linked.id
        inner join suitecrm.email_addresses as listed
            on linked.email_address_caps = listed.email_address_caps
        inner join suitecrm.email_addr_bean_rel as theirs on listed.id = theirs.email_address_id
        inner join suitecrm.prospect_lists_prospects as entry
            on theirs.bean_id::text = entry.related_id and theirs.bean_module = entry.related_type
        inner join suitecrm.prospect_lists as list on entry.prospect_list_id = list.id
        where
            link.bean_id = contact.id
            and link.bean_module = 'Contacts'
            and entry.deleted is distinct from 1
            and list.list_type = 'exempt_address'
            and list.deleted is distinct from 1
        union all
        -- A suppression list by domain names the domain of an address of the contact.
        select
            'exempt domain ' || list.id || link.id as what,
            false as granted,
            list.date_modified as said_at,
            'suppression list' as source
        from suitecrm.email_addr_bean_rel as link
        inner join suitecrm.email_addresses as linked on link.email_address_id = linked.id
        inner join suitecrm.prospect_lists as list
            on split_part(linked.email_address_caps, '@', 2) = upper(btrim(list.domain_name, ' @'))
        where
            link.bean_id = contact.id
            and link.bean_module = 'Contacts'
            and list.list_type = 'exempt_domain'
            and list.deleted is distinct from 1
    ) as said
inner join (values ('newsletter'), ('offer')) as category (code)
    on category.code = 'newsletter' or said.granted is not true;

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
