create temporary table member_status (
    collection_id bigint not null,
    contact_id bigint not null,
    status text,
    reason text,
    changed_at timestamptz not null
) on commit drop
