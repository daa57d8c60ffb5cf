-- The plans' limits on contacts, as the settings give them, and alerts about them.

create table mart.contact_limit (
    account text primary key,
    contact_limit bigint not null check (contact_limit > 0),
    warning_percent double precision not null,
    noted_at timestamptz not null default now()
);
comment on table mart.contact_limit is
'How many contacts the plan of each Mailchimp account includes. The last sync noted it from the setting '
'MAILCHIMP_CONTACT_LIMIT: Mailchimp''s API does not show it.';
comment on column mart.contact_limit.account is 'The account: id of its connection in Airflow.';
comment on column mart.contact_limit.contact_limit is 'Contacts that the plan includes.';
comment on column mart.contact_limit.warning_percent is
'Percentage of the limit from which on the pipeline warns (MAILCHIMP_CONTACT_WARNING_PERCENT).';
comment on column mart.contact_limit.noted_at is 'Time at which a sync noted it.';

alter table sync.alert drop constraint alert_state_check;
alter table sync.alert add constraint alert_state_check
check (state in ('blocked', 'failed', 'late', 'undecided', 'near_limit'));
comment on column sync.alert.collection_code is
'A collection; or "DAG …" that failed, or "contact …" whose erasure is undecided, or "account …" that has '
'almost as many contacts as its plan includes.';
