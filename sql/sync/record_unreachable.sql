-- An address that Mailchimp does not accept again, and shows as archived or not at all.
insert into sync.member as member (
    list_id, account, subscriber_hash, contact_id, status, cause, opted_out, origin, synced_at
)
values (
    %(list_id)s, sync.account_of(%(list_id)s), %(subscriber_hash)s, %(contact_id)s, %(status)s, %(cause)s,
    %(cause)s = 'compliance', 'foreign', now()
)
on conflict (list_id, subscriber_hash) do update set
    cause = excluded.cause,
    cause_detail = null,
    opted_out = member.opted_out or excluded.opted_out
