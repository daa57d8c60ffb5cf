insert into sync.quarantine (
    collection_code, contact_id, reason_code, detail, first_seen_at, last_seen_at
)
values (%(collection_code)s, %(contact_id)s, 'invalid_field_value', %(detail)s, now(), now())
on conflict (collection_code, contact_id)
where resolved_at is null and reason_code = 'invalid_field_value'
do update set detail = excluded.detail, last_seen_at = excluded.last_seen_at
