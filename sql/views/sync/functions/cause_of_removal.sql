-- The cause of a member's status after a removal by us. The answer may have come, or we found its effect
-- later. A removal that only follows a refusal is also by us: the refusal itself is in sync.refusal.
create or replace function sync.cause_of_removal(
    action text, planned_cause text, status_before text
) returns text
language sql immutable as $$
    select case
        when planned_cause = 'erased_contact' then 'forgotten'
        when
            action = 'archive'
            then case when status_before = 'subscribed' then 'our_archive' else 'hand_archive' end
        when planned_cause = 'suppressed_cleaned' then 'cleaned'
        else 'our_unsubscribe'
    end
$$;
comment on function sync.cause_of_removal is 'Value of sync.member.cause after a removal by us.';
