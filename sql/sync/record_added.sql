-- Members that Mailchimp took, one page of them.
insert into sync.member as member (
    list_id,
    account,
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
select
    %(list_id)s::text as list_id,
    (select sync.account_of(%(list_id)s)) as account,
    added.subscriber_hash,
    added.contact_id,
    added.status,
    case when added.status = 'pending' then 'unconfirmed' end as cause,
    'created' as origin,
    added.content_hash as pushed_hash,
    added.last_changed,
    added.last_changed as status_since,
    now() as synced_at
from
    unnest(
        %(subscriber_hashes)s::text[],
        %(contact_ids)s::bigint[],
        %(statuses)s::text[],
        %(content_hashes)s::text[],
        %(last_changed)s::timestamptz[]
    ) as added (subscriber_hash, contact_id, status, content_hash, last_changed)
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
    -- The answer does not show them.
    given_permissions = null,
    asked_permission = null,
    intended_action = null,
    intended_cause = null
