-- Who is in a collection's present audience by the sync. In a shared one that is who has its tag.
create temporary table if not exists present_now (subscriber_hash text not null, contact_id bigint)
