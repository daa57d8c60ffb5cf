create or replace view sync.collection_audience as
select
    audience.collection_id,
    audience.collection_code,
    audience.list_id,
    audience.gdpr_category,
    null::bigint as shared_id
from sync.audience as audience
union all
select
    tag.collection_id,
    tag.collection_code,
    tag.list_id,
    tag.gdpr_category,
    tag.shared_id
from sync.tag as tag
where tag.left_at is null;
comment on view sync.collection_audience is
'The audience of each collection: its own, or one that it shares with others. A shared audience itself also '
'has a row.';
comment on column sync.collection_audience.collection_id is 'Collection of the CRM, or shared audience.';
comment on column sync.collection_audience.collection_code is 'Its code.';
comment on column sync.collection_audience.list_id is 'Audience in Mailchimp.';
comment on column sync.collection_audience.gdpr_category is 'Last known category; null if none is known.';
comment on column sync.collection_audience.shared_id is
'The shared audience that the collection is in: collection_id of its own row; null: it shares none.';
