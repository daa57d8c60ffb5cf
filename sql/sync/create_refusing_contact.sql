-- Contacts to which refusals belong, as far as the CRM has them now, with the digest of their address.
create temporary table if not exists refusing_contact (
    contact_id bigint not null,
    address_digest bytea
)
