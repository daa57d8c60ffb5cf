insert into sync.member as member (
    list_id,
    subscriber_hash,
    contact_id,
    status,
    cause,
    origin,
    pushed_hash,
    last_changed,
    status_since,
    synced_at
)
values (
    %(list_id)s, %(subscriber_hash)s, %(contact_id)s, %(status)s,
    case when %(status)s = 'pending' then 'unconfirmed' end,
    'created', %(content_hash)s, %(last_changed)s, %(last_changed)s, now()
)
on conflict (list_id, subscriber_hash) do update set
    contact_id = excluded.contact_id,
    status = excluded.status,
    cause = excluded.cause,
    cause_detail = null,
    pushed_hash = excluded.pushed_hash,
    last_changed = excluded.last_changed,
    status_since = excluded.status_since,
    synced_at = excluded.synced_at,
    unsubscribed_by = null,
    intended_action = null,
    intended_cause = null
