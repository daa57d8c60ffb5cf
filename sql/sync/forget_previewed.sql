-- What a preview found of collections after a loss of the state is no knowledge: the next run looks again.
with former as (
    delete from sync.former_audience
    where collection_id = any(%(collection_ids)s::bigint[]) and found_in_preview
),

tag as (
    delete from sync.tag
    where collection_id = any(%(collection_ids)s::bigint[]) and found_in_preview
    returning list_id, collection_id
)

delete from sync.tag_member as tagged
using tag
where tagged.list_id = tag.list_id and tagged.collection_id = tag.collection_id
