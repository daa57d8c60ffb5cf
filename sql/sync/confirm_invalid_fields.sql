-- A contact without a new push still has its values that did not fit.
update sync.quarantine
set last_seen_at = now()
where
    collection_code = %(collection_code)s
    and resolved_at is null
    and reason_code = 'invalid_field_value'
