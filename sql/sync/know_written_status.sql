insert into sync.written_status (collection_id, contact_id, status, reason)
values (%(collection_id)s, %(contact_id)s, %(status)s, %(reason)s)
on conflict (collection_id, contact_id) do nothing
