create or replace view mart.collections as
select
    known.collection_code,
    newest.description,
    audience.list_id,
    audience.shared_id is not null as shares_audience,
    tag.tag_id as segment_id,
    newest.campaign_type,
    newest.gdpr_category,
    newest.is_static,
    known.first_seen_at
from sync.known_collection as known
left join sync.collection_audience as audience on known.collection_id = audience.collection_id
left join sync.tag as tag on known.collection_id = tag.collection_id and tag.left_at is null
left join lateral (
    select
        staged.description,
        staged.campaign_type,
        staged.gdpr_category,
        staged.is_static,
        staged.is_shared_audience
    from sync.staged_collection as staged
    where staged.collection_id = known.collection_id
    order by staged.staging_id desc
    limit 1
) as newest on true
-- A shared audience is staged like a collection, and is none.
where known.replaced_by is null and not coalesce(newest.is_shared_audience, false);
comment on view mart.collections is
'Dimension: collections of the CRM that a run has staged, as the newest run found them.';
comment on column mart.collections.collection_code is 'Code of the collection in the CRM: key of the row.';
comment on column mart.collections.description is 'Description of the collection in the CRM.';
comment on column mart.collections.list_id is
'The audience that holds its members: mart.lists; null if it has none yet.';
comment on column mart.collections.shares_audience is 'Whether other collections share that audience.';
comment on column mart.collections.segment_id is
'Tag of its members in a shared audience, with list_id: mart.segments; null: no tag.';
comment on column mart.collections.campaign_type is 'Campaign type in the CRM.';
comment on column mart.collections.gdpr_category is
'Category of its mails: offer, newsletter, unclassified; null: not known.';
comment on column mart.collections.is_static is
'Whether the CRM lists its members (static), or a query finds them.';
comment on column mart.collections.first_seen_at is 'When a run first staged it.';
