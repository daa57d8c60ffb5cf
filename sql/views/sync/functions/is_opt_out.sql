create or replace function sync.is_opt_out(action text, planned_cause text) returns boolean
language sql immutable as $$
    select coalesce(
        action = 'unsubscribe'
        and planned_cause in ('suppressed_complaint', 'suppressed_unsubscribed', 'suppressed_compliance'),
        false
    )
$$;
comment on function sync.is_opt_out is 'Whether a removal of ours only follows the person''s own opt-out.';
