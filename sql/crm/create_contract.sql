-- The CRM contract as tables: what the pipeline reads from the CRM, and the three places it may write.
-- A deployment with a CRM of its own maps that onto the same names with views instead.
-- Rows of a contact have no foreign key to it: views could not promise one, and what is loaded
-- here may come in any order. Running this again changes nothing.
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
'E-mail providers. Its sender and list-default columns may be filled by "Get Mailchimp defaults".';
comment on column crm.external_provider.code is 'Stable code, such as mailchimp.';
comment on column crm.external_provider.connection_id is
'Connection of the pipeline that leads to the account.';
comment on column crm.external_provider.company is 'Sender: company name.';
comment on column crm.external_provider.address1 is 'Sender: street and number.';
comment on column crm.external_provider.address2 is 'Sender: second address line.';
comment on column crm.external_provider.city is 'Sender: municipality or city.';
comment on column crm.external_provider.state is 'Sender: state or region.';
comment on column crm.external_provider.zip is 'Sender: postal code.';
comment on column crm.external_provider.country is 'Sender: country, ISO 3166-1 alpha-2.';
comment on column crm.external_provider.phone is 'Sender: contact telephone.';
comment on column crm.external_provider.from_name is 'List default: name that mails come from.';
comment on column crm.external_provider.from_email is
'List default: address that mails come from and replies go to.';
comment on column crm.external_provider.subject is 'List default: subject line.';
comment on column crm.external_provider.language is 'List default: language code, such as el or en.';
comment on column crm.external_provider.permission_reminder is
'List default: why the recipient gets this mail.';
comment on column crm.external_provider.email_type_option is
'List default: whether recipients choose between HTML and plain text.';

create table if not exists crm.campaign_type (
    code text primary key,
    description text not null,
    gdpr_category text not null,
    check (gdpr_category in ('offer', 'newsletter', 'unclassified'))
);
comment on table crm.campaign_type is 'Kinds of campaigns with the category that data protection looks at.';
comment on column crm.campaign_type.code is 'Stable code.';
comment on column crm.campaign_type.description is 'What people read.';
comment on column crm.campaign_type.gdpr_category is
'offer and newsletter need a consent of that category; unclassified needs none.';

create table if not exists crm.resource (
    resource_id bigint primary key,
    name text not null,
    email text
);
comment on table crm.resource is 'People and departments that own collections.';
comment on column crm.resource.resource_id is 'Key.';
comment on column crm.resource.name is 'What people read.';
comment on column crm.resource.email is 'How to reach the owner.';

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
comment on table crm.contact is 'Persons. An e-mail may be held by several of them by mistake.';
comment on column crm.contact.contact_id is 'Key; never given to another person.';
comment on column crm.contact.email is 'As typed: any case, spaces, several persons with the same one.';
comment on column crm.contact.first_name is 'First name.';
comment on column crm.contact.last_name is 'Last name.';
comment on column crm.contact.company is 'Company.';
comment on column crm.contact.phone is 'Telephone.';
comment on column crm.contact.mobile is 'Mobile telephone.';
comment on column crm.contact.address1 is 'Street and number.';
comment on column crm.contact.address2 is 'Second address line.';
comment on column crm.contact.city is 'Municipality or city.';
comment on column crm.contact.zip is 'Postal code.';
comment on column crm.contact.country is 'Country, ISO 3166-1 alpha-2.';
comment on column crm.contact.language is 'Language code, such as el or en.';
comment on column crm.contact.birth_date is 'Date of birth.';
comment on column crm.contact.is_active is 'False: to be left alone.';
comment on column crm.contact.erasure_requested_at is
'Since when the person asks to be forgotten; never mailed again.';
comment on column crm.contact.merged_into_id is
'This contact was merged into that one: treated as inactive, its refusals still count.';
comment on column crm.contact.updated_at is 'When the row changed last.';

create table if not exists crm.contact_field (
    code text primary key,
    label text not null,
    data_type text not null,
    choices text[],
    check (data_type in ('text', 'number', 'date', 'boolean', 'url', 'phone', 'choice'))
);
comment on table crm.contact_field is
'Additional fields of contacts; they become merge fields where a collection asks for them.';
comment on column crm.contact_field.code is 'Stable code.';
comment on column crm.contact_field.label is 'What people read; the name of the merge field.';
comment on column crm.contact_field.data_type is 'How values are read.';
comment on column crm.contact_field.choices is 'Allowed values of a choice.';

create table if not exists crm.contact_field_value (
    contact_id bigint not null,
    field_code text not null,
    value text not null,
    primary key (contact_id, field_code)
);
comment on table crm.contact_field_value is
'Values of additional fields, as typed. May hold rows of a contact that is gone.';
comment on column crm.contact_field_value.contact_id is 'Whose value.';
comment on column crm.contact_field_value.field_code is 'Which field.';
comment on column crm.contact_field_value.value is 'As typed; blank clears.';

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
'History of consents. For a contact, channel and category the newest effective_at not in the '
'future decides; at equal times a withdrawal wins, then the newest consent_id. '
'May hold rows of a contact that is gone.';
comment on column crm.consent.consent_id is 'Key; at equal times the highest is the newest.';
comment on column crm.consent.contact_id is 'Who decided.';
comment on column crm.consent.channel is 'Way of communication.';
comment on column crm.consent.gdpr_category is 'For which kind of communication.';
comment on column crm.consent.granted is 'True: consent given; false: withdrawn.';
comment on column crm.consent.effective_at is 'From when on it holds.';
comment on column crm.consent.expires_at is
'From that very moment on a grant no longer holds; without meaning for a withdrawal.';
comment on column crm.consent.source is 'Where it was given: form, shop, telephone.';
comment on column crm.consent.recorded_at is 'When the CRM learned of it.';

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
comment on table crm.contact_collection is
'Collections of contacts. One collection is one audience at the provider.';
comment on column crm.contact_collection.collection_id is 'Key.';
comment on column crm.contact_collection.code is 'Stable code; part of the audience''s name.';
comment on column crm.contact_collection.description is 'What people read; part of the audience''s name.';
comment on column crm.contact_collection.owner_id is 'Who answers for it.';
comment on column crm.contact_collection.comments is 'Notes.';
comment on column crm.contact_collection.is_shared is 'Available to everybody.';
comment on column crm.contact_collection.is_static is
'True: member rows; false: the query text yields the members.';
comment on column crm.contact_collection.query_text is
'Of a dynamic collection: one SELECT that yields contact_id.';
comment on column crm.contact_collection.external_provider is 'Where it is synchronised to; none: nowhere.';
comment on column crm.contact_collection.campaign_type is
'What it is used for; without it nobody is sent anything.';
comment on column crm.contact_collection.use_provider_defaults is
'True: the provider''s sender and list defaults are used whole; false: own values beat them.';
comment on column crm.contact_collection.sync_merge_fields is
'Whether additional fields become merge fields.';
comment on column crm.contact_collection.company is 'Own value of this list. Sender: company name.';
comment on column crm.contact_collection.address1 is 'Own value of this list. Sender: street and number.';
comment on column crm.contact_collection.address2 is 'Own value of this list. Sender: second address line.';
comment on column crm.contact_collection.city is 'Own value of this list. Sender: municipality or city.';
comment on column crm.contact_collection.state is 'Own value of this list. Sender: state or region.';
comment on column crm.contact_collection.zip is 'Own value of this list. Sender: postal code.';
comment on column crm.contact_collection.country is
'Own value of this list. Sender: country, ISO 3166-1 alpha-2.';
comment on column crm.contact_collection.phone is 'Own value of this list. Sender: contact telephone.';
comment on column crm.contact_collection.from_name is
'Own value of this list. List default: name that mails come from.';
comment on column crm.contact_collection.from_email is
'Own value of this list. List default: address that mails come from and replies go to.';
comment on column crm.contact_collection.subject is 'Own value of this list. List default: subject line.';
comment on column crm.contact_collection.language is
'Own value of this list. List default: language code, such as el or en.';
comment on column crm.contact_collection.permission_reminder is
'Own value of this list. List default: why the recipient gets this mail.';
comment on column crm.contact_collection.email_type_option is
'Own value of this list. List default: whether recipients choose between HTML and plain text.';
comment on column crm.contact_collection.provider_list_id is
'Use this existing audience instead of a new one.';
comment on column crm.contact_collection.is_active is 'False: left alone.';
comment on column crm.contact_collection.updated_at is 'When the row changed last.';

create table if not exists crm.collection_member (
    collection_id bigint not null,
    contact_id bigint not null,
    added_at timestamptz not null default now(),
    primary key (collection_id, contact_id)
);
comment on table crm.collection_member is
'Members of static collections. May hold rows of a contact that is gone.';
comment on column crm.collection_member.collection_id is 'Which collection.';
comment on column crm.collection_member.contact_id is 'Which contact.';
comment on column crm.collection_member.added_at is 'Since when.';

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
comment on table crm.campaign is 'Campaigns as planned in the CRM; designed and sent at the provider.';
comment on column crm.campaign.campaign_id is 'Key.';
comment on column crm.campaign.code is 'Stable code.';
comment on column crm.campaign.description is 'What people read.';
comment on column crm.campaign.collection_id is 'Whom it goes to.';
comment on column crm.campaign.campaign_type is 'Its own kind; may be stricter than the collection''s.';
comment on column crm.campaign.subject_line is 'Subject.';
comment on column crm.campaign.preview_text is 'What mail programs show beside the subject.';
comment on column crm.campaign.from_name is 'Own value; else the list''s.';
comment on column crm.campaign.reply_to is 'Own value; else the list''s.';
comment on column crm.campaign.planned_at is 'When it is to go out; none: a person sends it.';
comment on column crm.campaign.state is 'draft, approved or cancelled.';
comment on column crm.campaign.updated_at is 'When the row changed last.';

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
'Write-back: what the provider says of a contact in a collection.';
comment on column crm.provider_member_status.collection_id is 'Which collection.';
comment on column crm.provider_member_status.contact_id is 'Which contact.';
comment on column crm.provider_member_status.status is 'State at the provider, or quarantined.';
comment on column crm.provider_member_status.reason is 'Why, where there is a reason.';
comment on column crm.provider_member_status.changed_at is 'Since when.';

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
comment on table crm.provider_campaign is 'Write-back: what became of a campaign at the provider.';
comment on column crm.provider_campaign.campaign_id is 'Which campaign.';
comment on column crm.provider_campaign.provider_campaign_id is 'Its id at the provider.';
comment on column crm.provider_campaign.status is 'State at the provider, in its own words.';
comment on column crm.provider_campaign.emails_sent is 'Mails sent.';
comment on column crm.provider_campaign.unique_opens is 'Recipients who opened it.';
comment on column crm.provider_campaign.unique_clicks is 'Recipients who clicked in it.';
comment on column crm.provider_campaign.sent_at is 'When it went out.';
comment on column crm.provider_campaign.detail is 'What a person should know.';
comment on column crm.provider_campaign.changed_at is 'When this row changed last.';

-- Indexes: what the extracts look up. The partial ones keep searching for refusals cheap,
-- which are few among many.
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
