-- What judge_refusals.sql finds, one row for each key that has a refusal.
create temporary table if not exists refusal_found (
    key text not null,
    reason_at_address text,
    reason_of_person text,
    is_refused_by_other boolean not null,
    must_confirm boolean not null
)
