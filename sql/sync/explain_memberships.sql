select
    explanation.collection_code,
    explanation.list_id,
    explanation.contact_id,
    explanation.in_audience,
    explanation.status,
    explanation.origin,
    explanation.cause,
    explanation.cause_detail,
    explanation.status_since,
    explanation.synced_at,
    explanation.consent_id,
    explanation.gdpr_category,
    explanation.campaign_type,
    explanation.rules_version,
    explanation.run_id,
    explanation.justified_at,
    explanation.ended_at,
    explanation.end_cause,
    explanation.reason_code,
    explanation.reason_detail,
    explanation.explanation,
    explanation.what_to_do,
    explanation.first_seen_at,
    explanation.last_seen_at,
    explanation.in_collection,
    explanation.judged_by_run,
    explanation.judged_at,
    -- The hash is only one more form of the address, so it is not shown.
    case
        when cardinality(%(subscriber_hashes)s::text[]) > 0
            then coalesce(explanation.subscriber_hash = any(%(subscriber_hashes)s::text[]), false)
    end as address_asked_for
from sync.membership_explanation as explanation
where
    explanation.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or explanation.contact_id = any(%(contact_ids)s::bigint[])
order by
    explanation.collection_code asc, explanation.in_audience desc, explanation.contact_id asc nulls last,
    explanation.justified_at desc nulls last
