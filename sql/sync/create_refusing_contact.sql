-- Contacts with refusals that are in the CRM now, each with the digest of its address. Column is_cut_off: a
-- record between it and the contact into which it was merged is gone.
create temporary table if not exists refusing_contact (
    contact_id bigint primary key,
    address_digest bytea,
    is_cut_off boolean not null default false
)
