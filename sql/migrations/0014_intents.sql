-- What the push knows of its own calls while their answers are missing, and what mailchimp tells of who
-- unsubscribed whom.

alter table sync.member add column unsubscribed_by text
check (unsubscribed_by in ('person', 'administrator'));
alter table sync.member add column intended_action text
check (intended_action in ('unsubscribe', 'archive'));
alter table sync.member add column intended_cause text;
create index member_with_intent on sync.member (list_id) where intended_action is not null;
comment on column sync.member.unsubscribed_by is
'Whom mailchimp names as having unsubscribed the member; null where it does not say.';
comment on column sync.member.intended_action is
'A removal that was about to be sent, and whose outcome is not known: noted before the call, so that its '
'effect is known as ours when the answer gets lost.';
comment on column sync.member.intended_cause is 'Cause of that removal, as in staging.plan.';

-- What a removal of ours makes of a member, whether its answer came or its effect was found later.
create function sync.cause_of_removal(action text, planned_cause text, status_before text) returns text
language sql immutable as $$
    select case
        when planned_cause = 'erased_contact' then 'forgotten'
        when
            action = 'archive'
            then case when status_before = 'subscribed' then 'our_archive' else 'hand_archive' end
        when planned_cause = 'suppressed_complaint' then 'complaint'
        when planned_cause = 'suppressed_cleaned' then 'cleaned'
        when planned_cause like 'suppressed%' then 'own_unsubscribe'
        else 'our_unsubscribe'
    end
$$;
comment on function sync.cause_of_removal is 'sync.member.cause after a removal that was ours.';

create function sync.is_opt_out(action text, planned_cause text) returns boolean
language sql immutable as $$
    select coalesce(
        action = 'unsubscribe'
        and planned_cause in ('suppressed_complaint', 'suppressed_unsubscribed', 'suppressed_compliance'),
        false
    )
$$;
comment on function sync.is_opt_out is 'Whether a removal of ours only follows the person''s own opt-out.';

create table sync.open_batch (
    list_id text primary key,
    ticket text,
    started_at timestamptz not null default now()
);
comment on table sync.open_batch is
'A batch of changes whose results are still to be read: the next pull-back reads them.';
comment on column sync.open_batch.ticket is 'How the provider finds it again; null: its start got no answer.';

create table sync.subscriber_alias (
    address_hash text primary key,
    subscriber_hash text not null,
    noted_at timestamptz not null default now()
);
create index on sync.subscriber_alias (subscriber_hash);
comment on table sync.subscriber_alias is
'Addresses that mailchimp keeps under another member id than the md5 of our normal form: its own wins.';
