insert into sync.quarantine (
    collection_code, contact_id, reason_code, detail, first_seen_at, last_seen_at
)
select
    %(collection_code)s,
    contact_id,
    reason_code,
    detail,
    now() as first_seen_at,
    now() as last_seen_at
from sync.held_back
where staging_id = %(staging_id)s and collection_id = %(collection_id)s
on conflict (collection_code, contact_id)
where resolved_at is null and reason_code not in ('invalid_field_value', 'address_changed')
do update set detail = excluded.detail, last_seen_at = excluded.last_seen_at
