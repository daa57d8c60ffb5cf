-- The answer of judge_refusals.sql: one row for each key with a refusal.
create temporary table if not exists refusal_found (
    key text not null,
    reason_at_address text,
    reason_of_person text,
    is_refused_by_other boolean not null,
    must_confirm boolean not null
)
