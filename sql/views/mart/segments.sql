create or replace view mart.segments as
with known as (
    select
        campaign.list_id,
        campaign.segment_id
    from stats.campaigns as campaign
    where campaign.segment_id is not null and campaign.list_id is not null
    union
    select
        tag.list_id,
        tag.tag_id as segment_id
    from sync.tag as tag
    where tag.tag_id is not null
),

carried as (
    select
        list_id,
        collection_id,
        count(*) as members
    from sync.tag_member
    where taken_by_hand_at is null
    group by list_id, collection_id
)

select
    known.list_id,
    known.segment_id,
    coalesce(tag.name, newest.segment_text) as name,
    case when tag.name is null then 'segment' else 'tag' end as segment_type,
    tag.collection_code,
    case when tag.name is not null then coalesce(carried.members, 0) end as members
from known
left join lateral (
    select
        ours.name,
        ours.collection_id,
        ours.collection_code
    from sync.tag as ours
    where ours.list_id = known.list_id and ours.tag_id = known.segment_id
    order by ours.left_at desc nulls first
    limit 1
) as tag on true
left join carried on known.list_id = carried.list_id and tag.collection_id = carried.collection_id
left join lateral (
    select campaign.segment_text
    from stats.campaigns as campaign
    where
        campaign.list_id = known.list_id
        and campaign.segment_id = known.segment_id
        and campaign.segment_text is not null
    order by campaign.counted_at desc
    limit 1
) as newest on true;
comment on view mart.segments is
'Dimension: parts of audiences. These are the tags of our collections, and the saved segments that a '
'campaign went to. Results are in mart.segment_performance. Segments of people''s behaviour are in '
'mart.contact_segments.';
comment on column mart.segments.list_id is 'The audience: mart.lists. Key together with segment_id.';
comment on column mart.segments.segment_id is
'Mailchimp''s id of the segment or tag. Key together with list_id.';
comment on column mart.segments.name is
'Name of the tag; of a segment Mailchimp''s description, without e-mail addresses; null if it gives none.';
comment on column mart.segments.segment_type is
'tag: of one of our collections. segment: any other saved segment or tag.';
comment on column mart.segments.collection_code is
'Collection whose members have the tag: mart.collections; null for other segments.';
comment on column mart.segments.members is
'Members with the tag, as the sync knows them; null for other segments.';
