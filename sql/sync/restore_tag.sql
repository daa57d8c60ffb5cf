-- The tag of a collection in a shared audience, after a loss of the sync state. What people refused in the
-- audience holds for the collection.
with used as (
    insert into sync.audience_use (list_id, collection_id)
    select
        %(list_id)s,
        %(collection_id)s
    where %(is_known)s
    on conflict do nothing
),

refused as (
    update sync.refusal
    set collection_ids = array_append(collection_ids, %(collection_id)s::bigint)
    where
        %(is_known)s
        and list_id = %(list_id)s
        and ended_at is null
        and kind <> 'tag_taken'
        and not %(collection_id)s = any(collection_ids)
),

named as (
    insert into sync.known_collection (collection_id, collection_code)
    select
        %(collection_id)s,
        %(code)s
    where
        %(is_known)s
        and not exists (
            select from sync.known_collection as other
            where other.collection_code = %(code)s
        )
    on conflict do nothing
)

insert into sync.tag (
    list_id, collection_id, collection_code, shared_id, gdpr_category, campaign_type, tag_id, name,
    unjudged_since
)
values (
    %(list_id)s, %(collection_id)s, %(code)s, %(shared_id)s, %(gdpr_category)s, %(campaign_type)s, %(tag_id)s,
    %(name)s, now()
)
on conflict (list_id, collection_id) do update set
    collection_code = excluded.collection_code,
    shared_id = excluded.shared_id,
    tag_id = excluded.tag_id,
    name = excluded.name,
    unjudged_since = excluded.unjudged_since,
    left_at = null,
    arrived_at = null
