-- Contacts of a collection whose person gave the address up, with the id of that address.
create temporary table if not exists given_up (
    contact_id bigint not null,
    old_hash text not null
)
