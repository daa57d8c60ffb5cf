-- Contacts of the whole CRM at an address of a contact that refused and is gone.
create temporary table if not exists new_record (
    contact_id bigint not null,
    address_digest bytea not null
)
