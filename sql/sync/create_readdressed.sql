create temporary table if not exists readdressed_member (
    list_id text,
    old_hash text,
    new_hash text,
    contact_id bigint,
    last_changed timestamptz
)
