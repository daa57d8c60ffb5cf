-- An unknown status counts as a status that gets mail: withdrawals still go out.
create or replace function sync.may_be_mailed(status text) returns boolean
language sql immutable as $$
    select status not in ('unsubscribed', 'cleaned', 'archived', 'transactional')
$$;
comment on function sync.may_be_mailed is
'Whether Mailchimp may send mail to a member with this status, at once or after a confirmation.';
