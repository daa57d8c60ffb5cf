create or replace view sync.newest_verdict as
select
    newest.collection_code,
    audience.list_id,
    verdict.subscriber_hash,
    verdict.contact_id,
    coalesce(held_back.reason_code, verdict.reason_code) as reason_code,
    coalesce(held_back.detail, verdict.detail) as detail,
    newest.run_id,
    newest.clock
from sync.newest_staging as newest
inner join staging.verdict as verdict
    on newest.staging_id = verdict.staging_id and newest.collection_id = verdict.collection_id
left join sync.held_back as held_back
    on
        verdict.staging_id = held_back.staging_id
        and verdict.collection_id = held_back.collection_id
        and verdict.contact_id = held_back.contact_id
left join sync.collection_audience as audience on newest.collection_id = audience.collection_id;
comment on view sync.newest_verdict is
'The verdict of each collection''s newest staging about each of its contacts.';
comment on column sync.newest_verdict.collection_code is 'Code of the collection.';
comment on column sync.newest_verdict.list_id is 'Audience; null if the collection has none yet.';
comment on column sync.newest_verdict.subscriber_hash is
'Member id of the address; null without a usable address.';
comment on column sync.newest_verdict.contact_id is 'Contact of the CRM.';
comment on column sync.newest_verdict.reason_code is
'Reason that holds the contact back: sync.reason; null if it is eligible.';
comment on column sync.newest_verdict.detail is 'Details of the reason; null if none.';
comment on column sync.newest_verdict.run_id is 'Run that made the staging.';
comment on column sync.newest_verdict.clock is 'Time of the staging: the run''s clock.';
