insert into sync.rejection (list_id, subscriber_hash, contact_id, content_hash, kind, message, retryable)
values (
    %(list_id)s, %(subscriber_hash)s, %(contact_id)s, %(content_hash)s, %(kind)s, %(message)s, %(retryable)s
)
on conflict (list_id, subscriber_hash) do update set
    contact_id = excluded.contact_id,
    content_hash = excluded.content_hash,
    kind = excluded.kind,
    message = excluded.message,
    retryable = excluded.retryable,
    rejected_at = now()
