-- Who looked a person up on the page, and when. The person is a keyed digest, as in sync.suppression.
create table sync.person_lookup (
    lookup_id bigint generated always as identity primary key,
    looked_up_at timestamptz not null default now(),
    looked_up_by text not null,
    kind text not null check (kind in ('address', 'contact')),
    digest bytea not null,
    was_known boolean
);
create index person_lookup_by_person on sync.person_lookup (digest, looked_up_at);
create index person_lookup_by_time on sync.person_lookup (looked_up_at);
comment on table sync.person_lookup is
'Audit of the page "Mailchimp": one row for each look-up of a person. It names nobody who was looked up.';
comment on column sync.person_lookup.lookup_id is 'Key.';
comment on column sync.person_lookup.looked_up_at is 'Time of the look-up.';
comment on column sync.person_lookup.looked_up_by is 'Airflow''s id of the user who looked.';
comment on column sync.person_lookup.kind is
'What was entered: address (an e-mail address) or contact (an id of the CRM).';
comment on column sync.person_lookup.digest is
'Keyed digest of the address in normal form, or of the contact id. The key is in sync.suppression_key.';
comment on column sync.person_lookup.was_known is
'Whether the warehouse knew the person. Null if the look-up did not end.';
