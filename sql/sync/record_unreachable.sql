-- An address that Mailchimp will not take back and does not show as a member either.
insert into sync.member (list_id, subscriber_hash, contact_id, status, cause, opted_out, origin, synced_at)
values (
    %(list_id)s, %(subscriber_hash)s, %(contact_id)s, %(status)s, %(cause)s, %(cause)s = 'compliance',
    'foreign', now()
)
on conflict (list_id, subscriber_hash) do update set cause = excluded.cause
