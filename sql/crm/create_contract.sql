-- The CRM contract as tables: what the pipeline reads from the CRM, and the three places that it may write.
-- An installation with a CRM of its own maps it onto the same names with views instead. Rows of a contact
-- have no foreign key to it. Views could not keep one, and data may be loaded in any order. Running this
-- again changes nothing.
create schema if not exists crm;
comment on schema crm is 'The CRM as the Mailchimp pipeline sees it.';

create table if not exists crm.external_provider (
    code text primary key,
    connection_id text not null,
    company text,
    address1 text,
    address2 text,
    city text,
    state text,
    zip text,
    country text,
    phone text,
    from_name text,
    from_email text,
    subject text,
    language text,
    permission_reminder text,
    email_type_option boolean not null default false
);
comment on table crm.external_provider is
'E-mail providers. "Get Mailchimp defaults" may fill the sender and list-default columns.';
comment on column crm.external_provider.code is 'Key: stable code, such as mailchimp.';
comment on column crm.external_provider.connection_id is 'Connection of Airflow that leads to the account.';
comment on column crm.external_provider.company is 'Sender: company name; null if unknown.';
comment on column crm.external_provider.address1 is 'Sender: street and number; null if unknown.';
comment on column crm.external_provider.address2 is 'Sender: second address line; null if none.';
comment on column crm.external_provider.city is 'Sender: municipality or city; null if unknown.';
comment on column crm.external_provider.state is 'Sender: state or region; null if none.';
comment on column crm.external_provider.zip is 'Sender: postal code; null if unknown.';
comment on column crm.external_provider.country is 'Sender: country, ISO 3166-1 alpha-2; null if unknown.';
comment on column crm.external_provider.phone is 'Sender: contact telephone; null if unknown.';
comment on column crm.external_provider.from_name is
'List default: name of the sender of mails; null if unknown.';
comment on column crm.external_provider.from_email is
'List default: address that mails come from and replies go to; null if unknown.';
comment on column crm.external_provider.subject is 'List default: subject line; null if none.';
comment on column crm.external_provider.language is
'List default: language code, such as el or en; null if unknown.';
comment on column crm.external_provider.permission_reminder is
'List default: why the recipient gets this mail; null if unknown.';
comment on column crm.external_provider.email_type_option is
'List default: whether recipients choose between HTML and plain text.';

create table if not exists crm.campaign_type (
    code text primary key,
    description text not null,
    gdpr_category text not null,
    check (gdpr_category in ('offer', 'newsletter', 'unclassified'))
);
comment on table crm.campaign_type is 'Campaign types, each with its GDPR category.';
comment on column crm.campaign_type.code is 'Key: stable code.';
comment on column crm.campaign_type.description is 'Name for people.';
comment on column crm.campaign_type.gdpr_category is
'offer and newsletter need a consent of that category; unclassified needs none.';

create table if not exists crm.resource (
    resource_id bigint primary key,
    name text not null,
    email text
);
comment on table crm.resource is 'People and departments that own collections.';
comment on column crm.resource.resource_id is 'Key.';
comment on column crm.resource.name is 'Name for people.';
comment on column crm.resource.email is 'Address of the owner; null if unknown.';

create table if not exists crm.contact (
    contact_id bigint primary key,
    email text,
    first_name text,
    last_name text,
    company text,
    phone text,
    mobile text,
    address1 text,
    address2 text,
    city text,
    zip text,
    country text,
    language text,
    birth_date date,
    is_active boolean not null default true,
    erasure_requested_at timestamptz,
    merged_into_id bigint,
    updated_at timestamptz not null default now()
);
comment on table crm.contact is 'Contacts. By mistake several contacts may share an e-mail address.';
comment on column crm.contact.contact_id is 'Key; never given to another person.';
comment on column crm.contact.email is
'E-mail address as typed: any case, spaces, or shared by several contacts; null if unknown.';
comment on column crm.contact.first_name is 'First name; null if unknown.';
comment on column crm.contact.last_name is 'Last name; null if unknown.';
comment on column crm.contact.company is 'Company; null if unknown.';
comment on column crm.contact.phone is 'Telephone; null if unknown.';
comment on column crm.contact.mobile is 'Mobile telephone; null if unknown.';
comment on column crm.contact.address1 is 'Street and number; null if unknown.';
comment on column crm.contact.address2 is 'Second address line; null if none.';
comment on column crm.contact.city is 'Municipality or city; null if unknown.';
comment on column crm.contact.zip is 'Postal code; null if unknown.';
comment on column crm.contact.country is 'Country, ISO 3166-1 alpha-2; null if unknown.';
comment on column crm.contact.language is 'Language code, such as el or en; null if unknown.';
comment on column crm.contact.birth_date is 'Date of birth; null if unknown.';
comment on column crm.contact.is_active is 'False: the contact is not mailed.';
comment on column crm.contact.erasure_requested_at is
'Time at which the person asked to be erased: never mailed again. Null without a request.';
comment on column crm.contact.merged_into_id is
'Contact into which this contact was merged: it counts as inactive, and its refusals still count. Null if '
'it was not merged.';
comment on column crm.contact.updated_at is 'Time of the last change of the row.';

create table if not exists crm.contact_field (
    code text primary key,
    label text not null,
    data_type text not null,
    choices text[],
    check (data_type in ('text', 'number', 'date', 'boolean', 'url', 'phone', 'choice'))
);
comment on table crm.contact_field is
'Additional fields of contacts. They become merge fields in collections with sync_merge_fields.';
comment on column crm.contact_field.code is 'Key: stable code.';
comment on column crm.contact_field.label is 'Name for people, and name of the merge field.';
comment on column crm.contact_field.data_type is
'Type of the values: text, number, date, boolean, url, phone or choice.';
comment on column crm.contact_field.choices is 'Allowed values of a choice; null for other types.';

create table if not exists crm.contact_field_value (
    contact_id bigint not null,
    field_code text not null,
    value text not null,
    primary key (contact_id, field_code)
);
comment on table crm.contact_field_value is
'Values of additional fields, as typed. It may have rows of a contact that is gone.';
comment on column crm.contact_field_value.contact_id is 'Contact with the value.';
comment on column crm.contact_field_value.field_code is 'Field of the value.';
comment on column crm.contact_field_value.value is 'Value as typed; blank clears the merge field.';

create table if not exists crm.consent (
    consent_id bigint primary key,
    contact_id bigint not null,
    channel text not null,
    gdpr_category text not null,
    granted boolean not null,
    effective_at timestamptz not null,
    expires_at timestamptz,
    source text,
    recorded_at timestamptz not null default now(),
    check (channel in ('email', 'sms', 'phone', 'post')),
    check (gdpr_category in ('offer', 'newsletter'))
);
comment on table crm.consent is
'History of consents. For a contact, channel and category the newest effective_at that is not in the '
'future decides. At equal times a withdrawal wins, then the newest consent_id. It may have rows of a '
'contact that is gone.';
comment on column crm.consent.consent_id is 'Key; at equal times the highest is the newest.';
comment on column crm.consent.contact_id is 'Contact that decided.';
comment on column crm.consent.channel is 'Channel: email, sms, phone or post.';
comment on column crm.consent.gdpr_category is 'Category: offer or newsletter.';
comment on column crm.consent.granted is 'True: consent granted; false: consent withdrawn.';
comment on column crm.consent.effective_at is 'Time from which the row holds.';
comment on column crm.consent.expires_at is
'Time from which a grant no longer holds; without meaning for a withdrawal. Null: the grant does not '
'expire.';
comment on column crm.consent.source is 'Where it was given: form, shop, telephone; null if unknown.';
comment on column crm.consent.recorded_at is 'Time at which the CRM recorded it.';

create table if not exists crm.contact_collection (
    collection_id bigint primary key,
    code text not null unique,
    description text not null,
    owner_id bigint not null references crm.resource (resource_id),
    comments text,
    is_shared boolean not null default false,
    is_static boolean not null default true,
    query_text text,
    external_provider text references crm.external_provider (code),
    campaign_type text references crm.campaign_type (code),
    use_provider_defaults boolean not null default false,
    sync_merge_fields boolean not null default false,
    company text,
    address1 text,
    address2 text,
    city text,
    state text,
    zip text,
    country text,
    phone text,
    from_name text,
    from_email text,
    subject text,
    language text,
    permission_reminder text,
    email_type_option boolean,
    provider_list_id text,
    is_active boolean not null default true,
    updated_at timestamptz not null default now()
);
-- Three further columns are optional, so the command adds them to no CRM. The column shared_audience is text.
-- Collections with the same value share one audience. The column confirm_new_members is
-- boolean. True means that new members are asked to confirm first. The column marketing_permission is text.
-- It has the id or the text of the GDPR field that contacts give by their consent.
comment on table crm.contact_collection is
'Collections of contacts. A collection has an audience at the provider, or shares one with others.';
comment on column crm.contact_collection.collection_id is 'Key.';
comment on column crm.contact_collection.code is 'Stable code; part of the audience''s name.';
comment on column crm.contact_collection.description is 'Name for people; part of the audience''s name.';
comment on column crm.contact_collection.owner_id is 'Owner of the collection: crm.resource.';
comment on column crm.contact_collection.comments is 'Notes; null if none.';
comment on column crm.contact_collection.is_shared is 'Whether everybody in the CRM may use it.';
comment on column crm.contact_collection.is_static is
'True: member rows; false: the query text yields the members.';
comment on column crm.contact_collection.query_text is
'One SELECT that yields contact_id, for a dynamic collection; null for a static one.';
comment on column crm.contact_collection.external_provider is
'Provider that the collection is synchronised to; null: none.';
comment on column crm.contact_collection.campaign_type is
'Campaign type of the collection; null: the collection is not pushed.';
comment on column crm.contact_collection.use_provider_defaults is
'True: all sender and list defaults are the provider''s; false: own values replace them.';
comment on column crm.contact_collection.sync_merge_fields is
'Whether additional fields become merge fields.';
comment on column crm.contact_collection.company is
'Own value of the collection. Sender: company name; null: the provider''s value.';
comment on column crm.contact_collection.address1 is
'Own value of the collection. Sender: street and number; null: the provider''s value.';
comment on column crm.contact_collection.address2 is
'Own value of the collection. Sender: second address line; null: the provider''s value.';
comment on column crm.contact_collection.city is
'Own value of the collection. Sender: municipality or city; null: the provider''s value.';
comment on column crm.contact_collection.state is
'Own value of the collection. Sender: state or region; null: the provider''s value.';
comment on column crm.contact_collection.zip is
'Own value of the collection. Sender: postal code; null: the provider''s value.';
comment on column crm.contact_collection.country is
'Own value of the collection. Sender: country, ISO 3166-1 alpha-2; null: the provider''s value.';
comment on column crm.contact_collection.phone is
'Own value of the collection. Sender: contact telephone; null: the provider''s value.';
comment on column crm.contact_collection.from_name is
'Own value of the collection. List default: name of the sender of mails; null: the provider''s value.';
comment on column crm.contact_collection.from_email is
'Own value of the collection. List default: address that mails come from and replies go to; null: the '
'provider''s value.';
comment on column crm.contact_collection.subject is
'Own value of the collection. List default: subject line; null: the provider''s value.';
comment on column crm.contact_collection.language is
'Own value of the collection. List default: language code, such as el or en; null: the provider''s value.';
comment on column crm.contact_collection.permission_reminder is
'Own value of the collection. List default: why the recipient gets this mail; null: the provider''s value.';
comment on column crm.contact_collection.email_type_option is
'Own value of the collection. List default: whether recipients choose between HTML and plain text; null: '
'the provider''s value.';
comment on column crm.contact_collection.provider_list_id is
'Existing audience to use; null: a new audience.';
comment on column crm.contact_collection.is_active is 'False: the collection is not synchronised.';
comment on column crm.contact_collection.updated_at is 'Time of the last change of the row.';

create table if not exists crm.collection_member (
    collection_id bigint not null,
    contact_id bigint not null,
    added_at timestamptz not null default now(),
    primary key (collection_id, contact_id)
);
comment on table crm.collection_member is
'Members of static collections. It may have rows of a contact that is gone.';
comment on column crm.collection_member.collection_id is 'Collection.';
comment on column crm.collection_member.contact_id is 'Contact.';
comment on column crm.collection_member.added_at is 'Time at which the contact joined the collection.';

create table if not exists crm.campaign (
    campaign_id bigint primary key,
    code text not null unique,
    description text not null,
    collection_id bigint not null,
    campaign_type text not null,
    subject_line text not null,
    preview_text text,
    from_name text,
    reply_to text,
    planned_at timestamptz,
    state text not null default 'draft',
    updated_at timestamptz not null default now(),
    check (state in ('draft', 'approved', 'cancelled'))
);
comment on table crm.campaign is
'Campaigns as planned in the CRM. People design and send them at the provider.';
comment on column crm.campaign.campaign_id is 'Key.';
comment on column crm.campaign.code is 'Stable code.';
comment on column crm.campaign.description is 'Name for people.';
comment on column crm.campaign.collection_id is 'Collection that the campaign goes to.';
comment on column crm.campaign.campaign_type is 'Campaign type; it may be stricter than the collection''s.';
comment on column crm.campaign.subject_line is 'Subject as recipients see it.';
comment on column crm.campaign.preview_text is
'Text that mail programs show after the subject; null if none.';
comment on column crm.campaign.from_name is 'Name of the sender; null: the collection''s value.';
comment on column crm.campaign.reply_to is 'Address for replies; null: the collection''s value.';
comment on column crm.campaign.planned_at is 'Time at which it is to be sent; null: a person sends it.';
comment on column crm.campaign.state is 'State: draft, approved or cancelled.';
comment on column crm.campaign.updated_at is 'Time of the last change of the row.';

create table if not exists crm.provider_member_status (
    collection_id bigint not null,
    contact_id bigint not null,
    status text not null,
    reason text,
    changed_at timestamptz not null default now(),
    primary key (collection_id, contact_id),
    check (status in ('subscribed', 'unsubscribed', 'cleaned', 'pending', 'archived', 'quarantined'))
);
comment on table crm.provider_member_status is
'Write-back: status of a contact of a collection at the provider.';
comment on column crm.provider_member_status.collection_id is 'Collection.';
comment on column crm.provider_member_status.contact_id is 'Contact.';
comment on column crm.provider_member_status.status is 'Status at the provider, or quarantined.';
comment on column crm.provider_member_status.reason is 'Reason that holds the contact back; null if none.';
comment on column crm.provider_member_status.changed_at is 'Time since which the status holds.';

create table if not exists crm.provider_campaign (
    campaign_id bigint primary key,
    provider_campaign_id text not null,
    status text not null,
    emails_sent bigint,
    unique_opens bigint,
    unique_clicks bigint,
    sent_at timestamptz,
    detail text,
    changed_at timestamptz not null default now()
);
comment on table crm.provider_campaign is 'Write-back: status and totals of a campaign at the provider.';
comment on column crm.provider_campaign.campaign_id is 'Campaign of the CRM.';
comment on column crm.provider_campaign.provider_campaign_id is 'Provider''s id of the campaign.';
comment on column crm.provider_campaign.status is 'Status in the provider''s words.';
comment on column crm.provider_campaign.emails_sent is 'Mails sent; null before it is sent.';
comment on column crm.provider_campaign.unique_opens is 'Recipients who opened it; null before it is sent.';
comment on column crm.provider_campaign.unique_clicks is
'Recipients who clicked in it; null before it is sent.';
comment on column crm.provider_campaign.sent_at is 'Time of sending; null before it is sent.';
comment on column crm.provider_campaign.detail is 'What a person should know; null if nothing.';
comment on column crm.provider_campaign.changed_at is 'Time of the last change of the row.';

-- Indexes for the extracts. The partial indexes keep the search for refusals cheap, because refusals are
-- few among many rows.
create index if not exists contact_email on crm.contact (email);
create index if not exists contact_local_part on crm.contact (
    lower(substring(translate(email, U&'\212A\1FEF', 'k`') collate "C" from '([!-?A-~]+)@'))
);
create index if not exists contact_updated on crm.contact (updated_at);
create index if not exists contact_erasure on crm.contact (erasure_requested_at)
where erasure_requested_at is not null;
create index if not exists contact_merged on crm.contact (merged_into_id)
where merged_into_id is not null;
create index if not exists consent_deciding
on crm.consent (contact_id, channel, gdpr_category, effective_at desc);
create index if not exists consent_withdrawal on crm.consent (contact_id)
where channel = 'email' and not granted;
create index if not exists consent_withdrawal_recorded on crm.consent (recorded_at)
where channel = 'email' and not granted;
create index if not exists consent_withdrawal_effective on crm.consent (effective_at)
where channel = 'email' and not granted;
create index if not exists collection_member_contact on crm.collection_member (contact_id);
create index if not exists campaign_collection on crm.campaign (collection_id);
