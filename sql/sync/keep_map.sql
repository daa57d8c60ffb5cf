-- The audience map as a preview finds it: what a run of these collections could change. These are the
-- audiences that they use or used, and the one that the CRM names. All uses and tags of them belong to it.
with place as (
    select audience.list_id
    from sync.audience as audience
    where audience.collection_id = any(%(collection_ids)s::bigint[])
    union
    select %(named_list_id)s::text as list_id
    where %(named_list_id)s::text is not null
)

select
    jsonb_build_object(
        'audience',
        array(
            select to_jsonb(audience) from sync.audience as audience
            where audience.collection_id = any(%(collection_ids)s::bigint[])
        ),
        'former_audience',
        array(
            select to_jsonb(former) from sync.former_audience as former
            where
                former.collection_id = any(%(collection_ids)s::bigint[])
                or former.list_id in (select place.list_id from place)
        ),
        'audience_use',
        array(
            select to_jsonb(used) from sync.audience_use as used
            where
                used.collection_id = any(%(collection_ids)s::bigint[])
                or used.list_id in (select place.list_id from place)
        ),
        'tag',
        array(
            select to_jsonb(tag) from sync.tag as tag
            where tag.left_at is null and tag.list_id in (select place.list_id from place)
        )
    )
