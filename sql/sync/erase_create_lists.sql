-- The persons to erase, for the statements erase_*. The tables list subscriber hashes, contacts and
-- addresses. Each hash has the token that replaces it, and the time up to which it belongs to the erased
-- person.
create temporary table if not exists erased_hash (
    subscriber_hash text primary key,
    token text not null,
    belongs_until timestamptz not null
) on commit drop;
create temporary table if not exists erased_contact (contact_id bigint primary key) on commit drop;
-- Without a key: an address as the CRM writes it may be too long for an index.
create temporary table if not exists erased_address (address text not null) on commit drop;
