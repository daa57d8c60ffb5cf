-- Whose traces go, for the statements erase_*: subscriber hashes with the token that takes their
-- place and the moment up to which they belong to the erased person, contacts, addresses.
create temporary table if not exists erased_hash (
    subscriber_hash text primary key,
    token text not null,
    belongs_until timestamptz not null
) on commit drop;
create temporary table if not exists erased_contact (contact_id bigint primary key) on commit drop;
create temporary table if not exists erased_address (address text primary key) on commit drop;
