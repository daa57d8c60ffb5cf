-- Alerts about campaigns that do not go out at their time.
alter table sync.alert drop constraint alert_state_check;
alter table sync.alert add constraint alert_state_check
check (state in (
    'blocked', 'failed', 'late', 'undecided', 'near_limit', 'unhealthy', 'held', 'too_many_rejected',
    'too_many_held_back', 'too_many_expired'
));
comment on column sync.alert.collection_code is
'A collection; or "DAG …" that failed, or "contact …" whose erasure is undecided, or "account …" that has '
'almost as many contacts as its plan includes. Or "campaign …" whose sending went badly (unhealthy), or that '
'does not go out at its time (held).';
