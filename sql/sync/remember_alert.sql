insert into sync.alert (collection_code, state, reason, sent_at)
values (%(collection_code)s, %(state)s, %(reason)s, now())
on conflict (collection_code, state) do update set
    reason = excluded.reason,
    sent_at = excluded.sent_at
