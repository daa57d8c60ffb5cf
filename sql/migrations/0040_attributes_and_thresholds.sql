-- What dashboards divide contacts by, and the thresholds of a sync.

alter table staging.contact
add column city text,
add column country text;
comment on column staging.contact.city is
'City of the contact, trimmed; null: none, no city, or erasure is asked for.';
comment on column staging.contact.country is
'Country of the contact, trimmed, in capitals; null: none, or erasure is asked for.';

create table sync.contact_attribute (
    contact_id bigint primary key,
    language text,
    city text,
    country text,
    noted_at timestamptz not null default now()
);
comment on table sync.contact_attribute is
'What dashboards divide contacts by: of each contact that is or was a member. An erasure removes the row. '
'Retention removes it when the contact has left all audiences.';
comment on column sync.contact_attribute.contact_id is 'Contact of the CRM.';
comment on column sync.contact_attribute.language is 'Language in the CRM, in small letters; null: none.';
comment on column sync.contact_attribute.city is 'City in the CRM; null: none.';
comment on column sync.contact_attribute.country is 'Country in the CRM, in capitals; null: none.';
comment on column sync.contact_attribute.noted_at is 'When a run last found a change.';

alter table mart.contacts
add column language text,
add column city text,
add column country text;
comment on column mart.contacts.language is
'Language of the contact in the CRM, in small letters. Null: none, not ours, or retention removed it.';
comment on column mart.contacts.city is
'City of the contact in the CRM. Null: none, not ours, or retention removed it.';
comment on column mart.contacts.country is
'Country of the contact in the CRM, in capitals. Null: none, not ours, or retention removed it.';

create table sync.collection_health (
    collection_id bigint primary key,
    collection_code text not null,
    first_run_id text not null,
    run_id text not null,
    staged bigint not null,
    held_back bigint not null,
    expired bigint not null,
    sent bigint not null,
    rejected bigint not null,
    most_held_back double precision not null,
    most_expired double precision not null,
    most_rejected double precision not null,
    too_many text[] not null default '{}',
    above_since timestamptz,
    judged_at timestamptz not null default now()
);
comment on table sync.collection_health is
'How the newest judged run of each collection was, by the thresholds of a sync. The row stays when the '
'collection gets another audience or another code.';
comment on column sync.collection_health.collection_id is 'Key in the CRM.';
comment on column sync.collection_health.collection_code is 'Its code.';
comment on column sync.collection_health.first_run_id is
'The first run that was judged. Everybody is new in it, so its expired consents do not count.';
comment on column sync.collection_health.run_id is 'The newest run that was judged.';
comment on column sync.collection_health.staged is 'Contacts of the collection.';
comment on column sync.collection_health.held_back is 'Contacts that were held back.';
comment on column sync.collection_health.expired is
'Contacts that were held back for an expired consent for the first time.';
comment on column sync.collection_health.sent is
'Contacts that were added or updated, or that Mailchimp rejected.';
comment on column sync.collection_health.rejected is 'Contacts that Mailchimp rejected.';
comment on column sync.collection_health.most_held_back is 'The threshold: percentage of staged.';
comment on column sync.collection_health.most_expired is 'The threshold: percentage of staged.';
comment on column sync.collection_health.most_rejected is 'The threshold: percentage of sent.';
comment on column sync.collection_health.too_many is
'What there was too much of: held_back, expired, rejected. Empty: nothing.';
comment on column sync.collection_health.above_since is
'Since which run there was too much of something; null: there is not.';
comment on column sync.collection_health.judged_at is 'When it was judged.';

alter table sync.alert drop constraint alert_state_check;
alter table sync.alert add constraint alert_state_check
check (state in (
    'blocked', 'failed', 'late', 'undecided', 'near_limit', 'unhealthy', 'too_many_rejected',
    'too_many_held_back', 'too_many_expired'
));
