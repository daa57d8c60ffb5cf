-- Contacts with refusals that are in the CRM now, each with the digest of its address.
create temporary table if not exists refusing_contact (
    contact_id bigint not null,
    address_digest bytea
)
