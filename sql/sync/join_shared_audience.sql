-- A collection is in a shared audience from now on. Refusals made in the audience also hold for the
-- collection (use_audience.sql). The name of a tag that exists stays until Mailchimp has the new one.
with used as (
    insert into sync.audience_use (list_id, collection_id)
    values (%(list_id)s, %(collection_id)s)
    on conflict (
        list_id, collection_id) do update set left_at = null, settled_at = null
    where audience_use.left_at is not null or audience_use.settled_at is not null
),

refused as (
    update sync.refusal
    set collection_ids = array_append(collection_ids, %(collection_id)s::bigint)
    where
        list_id = %(list_id)s
        and ended_at is null
        -- A tag taken by hand is about its own collection.
        and kind <> 'tag_taken'
        and not %(collection_id)s = any(collection_ids)
)

insert into sync.tag as tag (
    list_id, collection_id, collection_code, shared_id, gdpr_category, campaign_type, name
)
values (
    %(list_id)s, %(collection_id)s, %(collection_code)s, %(shared_id)s, %(gdpr_category)s, %(campaign_type)s,
    %(name)s
)
on conflict (list_id, collection_id) do update set
    collection_code = excluded.collection_code,
    shared_id = excluded.shared_id,
    name = case when tag.tag_id is null then excluded.name else tag.name end,
    gdpr_category = coalesce(excluded.gdpr_category, tag.gdpr_category),
    campaign_type = coalesce(excluded.campaign_type, tag.campaign_type),
    left_at = null,
    arrived_at = null,
    found_through = null
