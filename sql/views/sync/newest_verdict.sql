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
left join sync.audience as audience on newest.collection_id = audience.collection_id;
comment on view sync.newest_verdict is 'What each collection''s newest snapshot says of its contacts.';
