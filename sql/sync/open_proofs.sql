insert into sync.consent_proof (
    list_id, subscriber_hash, collection_code, contact_id, consent_id, gdpr_category, campaign_type,
    rules_version, run_id
)
select
    %(list_id)s::text as list_id,
    added.subscriber_hash,
    %(collection_code)s::text as collection_code,
    added.contact_id,
    added.consent_id,
    %(gdpr_category)s::text as gdpr_category,
    %(campaign_type)s::text as campaign_type,
    %(rules_version)s::text as rules_version,
    %(run_id)s::text as run_id
from
    unnest(%(subscriber_hashes)s::text[], %(contact_ids)s::bigint[], %(consent_ids)s::bigint[])
        as added (subscriber_hash, contact_id, consent_id)
on conflict (list_id, subscriber_hash, collection_code) where ended_at is null do nothing
