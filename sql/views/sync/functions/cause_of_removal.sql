-- What a removal of ours makes of a member, whether its answer came or its effect was found later. A removal
-- that only follows what somebody refused is ours all the same: the refusal itself is in sync.refusal.
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
comment on function sync.cause_of_removal is 'sync.member.cause after a removal that was ours.';
