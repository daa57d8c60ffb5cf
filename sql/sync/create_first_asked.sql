-- Contacts of a shared audience that must confirm first, whatever collection they are in. Some are asked only
-- if they are no members yet, because one of their collections asks new members. Empty for other audiences.
create temporary table if not exists first_asked (contact_id bigint not null, only_new boolean not null)
