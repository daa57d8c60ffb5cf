insert into sync.consent_proof (
    list_id, subscriber_hash, collection_code, contact_id, consent_id, gdpr_category, campaign_type,
    rules_version, run_id
)
values (
    %(list_id)s, %(subscriber_hash)s, %(collection_code)s, %(contact_id)s, %(consent_id)s, %(gdpr_category)s,
    %(campaign_type)s, %(rules_version)s, %(run_id)s
)
on conflict (list_id, subscriber_hash) where ended_at is null do nothing
