update sync.quarantine
set resolved_at = now()
where
    collection_code = %(collection_code)s
    and contact_id = any(%(contact_ids)s::bigint[])
    and reason_code = 'invalid_field_value'
    and resolved_at is null
