-- Addresses of contacts that refused and are gone from the CRM since the last run, by refusal.
create temporary table if not exists gone_address (
    refusal_id bigint not null,
    address_digest bytea not null
)
