-- What a person decided about removals, what was written back to the crm, and which alerts went out.

alter table sync.removal_request add column decided_by text;
alter table sync.removal_request add column carried_out_at timestamptz;
alter table sync.removal_request add column carried_out_by text;
alter table sync.removal_request drop constraint removal_request_decision_check;
alter table sync.removal_request add constraint removal_request_decision_check
check (decision in ('approved', 'rejected', 'timed_out', 'superseded'));
create index on sync.removal_request (collection_code, plan_id) where decided_at is null;
comment on column sync.removal_request.decision is
'What a person said; timed_out: nobody did; superseded: a newer plan, or a run without trouble, came first.';
comment on column sync.removal_request.carried_out_by is
'The run that removed the plan''s members; no other run may use the approval again.';
comment on column sync.removal_request.decided_by is 'Airflow''s user id of the person who decided.';

create table sync.written_status (
    collection_id bigint not null,
    contact_id bigint not null,
    status text not null,
    reason text,
    written_at timestamptz not null default now(),
    primary key (collection_id, contact_id)
);
comment on table sync.written_status is
'What crm.provider_member_status was last told: only differences go there. Emptied, all is written anew.';

create table sync.erased_status (
    collection_id bigint not null,
    contact_digest bytea not null,
    primary key (collection_id, contact_digest)
);
comment on table sync.erased_status is
'Rows of crm.provider_member_status about erased contacts that are still to be taken away: the next '
'write-back does. A keyed digest as in sync.suppression, kind contact.';

create table sync.alert (
    collection_code text not null,
    state text not null check (state in ('blocked', 'failed', 'late', 'undecided')),
    reason text not null,
    sent_at timestamptz not null,
    primary key (collection_code, state)
);
comment on table sync.alert is
'Alerts sent about collections that are still in that state.';
comment on column sync.alert.collection_code is
'A collection; or "DAG …" that failed, or "contact …" whose erasure is undecided.';

create table sync.provider_default (
    position smallint primary key,
    column_name text not null,
    crm_value text,
    provider_value text,
    fate text not null check (fate in ('filled', 'overwritten', 'kept', 'unchanged', 'missing')),
    list_id text,
    read_at timestamptz not null default now()
);
comment on table sync.provider_default is
'What "Get Mailchimp defaults" read last: each column of crm.external_provider, both sides'' values.';
comment on column sync.provider_default.crm_value is 'Before anything was filled.';
comment on column sync.provider_default.list_id is 'The audience that was read; null: the account has none.';
