-- Contacts of a shared audience that must confirm first, whatever collection they are in.
create temporary table if not exists first_asked (contact_id bigint not null)
