-- A collection is back whose tag was kept after a loss of the sync state, by its code alone.
with candidate as (
    select
        tag.collection_id,
        tag.shared_id,
        tag.tag_id,
        tag.name,
        count(*) over () as candidates
    from sync.tag as tag
    where
        tag.list_id = %(list_id)s
        and tag.collection_id = any(%(unknown_ids)s::bigint[])
        and (
            tag.collection_code = %(collection_code)s
            or right(tag.name, length(%(collection_code)s) + 3) = format(' (%%s)', %(collection_code)s::text)
        )
        and tag.tag_id is not null
),

kept as (
    select *
    from candidate
    where
        -- If several may be its own, a person has to say which.
        candidates = 1
        -- The collection has no tag there yet.
        and not exists (
            select from sync.tag as own
            where
                own.list_id = %(list_id)s
                and own.collection_id = %(collection_id)s
                and own.tag_id is not null
        )
),

gone as (
    delete from sync.tag as tag
    using kept
    where tag.list_id = %(list_id)s and tag.collection_id = kept.collection_id
),

moved as (
    update sync.tag_member as tagged
    set collection_id = %(collection_id)s
    from kept
    where tagged.list_id = %(list_id)s and tagged.collection_id = kept.collection_id
)

insert into sync.tag (list_id, collection_id, collection_code, shared_id, tag_id, name, unjudged_since)
select
    %(list_id)s,
    %(collection_id)s,
    %(collection_code)s,
    kept.shared_id,
    kept.tag_id,
    kept.name,
    now() as unjudged_since
from kept
on conflict (list_id, collection_id) do update set
    tag_id = excluded.tag_id,
    name = excluded.name,
    unjudged_since = excluded.unjudged_since,
    left_at = null,
    arrived_at = null
