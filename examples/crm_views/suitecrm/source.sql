-- The tables of SuiteCRM 7 that the mapping reads, with the types that a copy in Postgres gives. Ids are
-- char(36), yes and no are smallint, and times are timestamp in UTC. Columns that the views do not read
-- are left out.
-- Source: the definitions of SuiteCRM at https://github.com/salesagility/SuiteCRM (read in November 2026), in
-- metadata/email_addressesMetaData.php, metadata/prospect_lists_prospectsMetaData.php,
-- include/SugarObjects/templates/person/vardefs.php, modules/Contacts/vardefs.php and
-- modules/ProspectLists/vardefs.php.
create schema suitecrm;

create table suitecrm.users (
    id char(36) primary key,
    user_name varchar(60),
    first_name varchar(255),
    last_name varchar(255),
    deleted smallint
);

create table suitecrm.contacts (
    id char(36) primary key,
    date_entered timestamp,
    date_modified timestamp,
    deleted smallint default 0,
    first_name varchar(100),
    last_name varchar(100),
    phone_work varchar(100),
    phone_mobile varchar(100),
    primary_address_street varchar(150),
    primary_address_city varchar(100),
    primary_address_state varchar(100),
    primary_address_postalcode varchar(20),
    primary_address_country varchar(255),
    lawful_basis text, -- words between signs: ^consent^,^withdrawn^
    date_reviewed date,
    lawful_basis_source varchar(100),
    birthdate date
);

create table suitecrm.email_addresses (
    id char(36) primary key,
    email_address varchar(255) not null,
    email_address_caps varchar(255) not null,
    invalid_email smallint default 0,
    opt_out smallint default 0,
    confirm_opt_in varchar(255) default 'not-opt-in',
    confirm_opt_in_date timestamp,
    date_created timestamp,
    date_modified timestamp,
    deleted smallint default 0
);
create index idx_ea_caps_opt_out_invalid
on suitecrm.email_addresses (email_address_caps, opt_out, invalid_email);

create table suitecrm.email_addr_bean_rel (
    id char(36) primary key,
    email_address_id char(36) not null,
    bean_id char(36) not null,
    bean_module varchar(100),
    primary_address smallint default 0,
    reply_to_address smallint default 0,
    date_created timestamp,
    date_modified timestamp,
    deleted smallint default 0
);
create index idx_email_address_id on suitecrm.email_addr_bean_rel (email_address_id);
create index idx_bean_id on suitecrm.email_addr_bean_rel (bean_id, bean_module);

create table suitecrm.prospect_lists (
    id char(36) primary key,
    name varchar(50),
    list_type varchar(100), -- default, test, exempt, exempt_address, exempt_domain, seed
    domain_name varchar(255),
    date_entered timestamp,
    date_modified timestamp,
    assigned_user_id char(36),
    deleted smallint
);

create table suitecrm.prospect_lists_prospects (
    id varchar(36) primary key,
    prospect_list_id varchar(36),
    related_id varchar(36),
    related_type varchar(25), -- Contacts, Leads, Prospects, Users or Accounts
    date_modified timestamp,
    deleted smallint default 0
);
create index idx_plp_pro_id on suitecrm.prospect_lists_prospects (prospect_list_id);
create index idx_plp_rel_id
on suitecrm.prospect_lists_prospects (related_id, related_type, prospect_list_id);
