insert into sync.quarantine (
    collection_code, contact_id, reason_code, detail, first_seen_at, last_seen_at
)
select
    %(collection_code)s::text as collection_code,
    named.contact_id,
    'invalid_field_value' as reason_code,
    named.detail,
    now() as first_seen_at,
    now() as last_seen_at
from unnest(%(contact_ids)s::bigint[], %(details)s::text[]) as named (contact_id, detail)
on conflict (collection_code, contact_id)
where resolved_at is null and reason_code = 'invalid_field_value'
do update set detail = excluded.detail, last_seen_at = excluded.last_seen_at
