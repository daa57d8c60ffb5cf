-- The tag of a collection in a shared audience that it had before the state was lost. The collection left it,
-- and what people refused there holds for the collection (use_audience.sql). If the tag was kept for a
-- collection that nobody knew, it is this one's.
with unknown as (
    delete from sync.tag
    where list_id = %(list_id)s and tag_id = %(tag_id)s and collection_id <> %(collection_id)s
    returning list_id, collection_id
),

moved as (
    update sync.tag_member as tagged
    set collection_id = %(collection_id)s
    from unknown
    where tagged.list_id = unknown.list_id and tagged.collection_id = unknown.collection_id
)

insert into sync.tag as tag (
    list_id, collection_id, collection_code, shared_id, gdpr_category, campaign_type, tag_id, name, left_at,
    found_in_preview, unjudged_since, found_through
)
values (
    %(list_id)s, %(collection_id)s, %(collection_code)s, %(shared_id)s, %(gdpr_category)s, %(campaign_type)s,
    %(tag_id)s, %(name)s, now(), %(in_preview)s, case when not %(in_preview)s then now() end,
    case when %(has_moved)s then 'infinity'::timestamptz end
)
on conflict (list_id, collection_id) do nothing
