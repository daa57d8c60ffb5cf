-- A run also works in the account that its collection left. Those requests counted in the present account.
alter table sync.collection_run add column calls_elsewhere jsonb not null default '{}';
comment on column sync.collection_run.calls_elsewhere is
'Requests of api_calls in accounts other than account, by connection id. A collection that moved has some in '
'the account that it left.';
