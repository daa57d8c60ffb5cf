-- A collection gets an id that it had before, and another collection's state goes on under it. Where both
-- ids have a row, the newer one counts. A new collection takes over only the tags that are in use.
with moving as (
    select list_id from sync.tag
    where collection_id = %(old_id)s and (%(is_same)s or left_at is null or arrived_at is null)
),

tag as (
    delete from sync.tag
    where collection_id = %(new_id)s and list_id in (select moving.list_id from moving)
),

tagged as (
    delete from sync.tag_member
    where collection_id = %(new_id)s and list_id in (select moving.list_id from moving)
),

known as (
    delete from sync.known_collection
    where collection_id = %(new_id)s and %(is_same)s
),

used as (
    delete from sync.audience_use as passed
    where
        passed.collection_id = %(new_id)s
        and %(is_same)s
        and exists (
            select from sync.audience_use as present
            where present.collection_id = %(old_id)s and present.list_id = passed.list_id
        )
),

judged as (
    delete from sync.collection_health
    where collection_id = %(new_id)s and %(is_same)s
),

written as (
    delete from sync.written_status as passed
    where
        passed.collection_id = %(new_id)s
        and %(is_same)s
        and exists (
            select from sync.written_status as present
            where present.collection_id = %(old_id)s and present.contact_id = passed.contact_id
        )
)

delete from sync.erased_status as passed
where
    passed.collection_id = %(new_id)s
    and %(is_same)s
    and exists (
        select from sync.erased_status as present
        where present.collection_id = %(old_id)s and present.contact_digest = passed.contact_digest
    )
