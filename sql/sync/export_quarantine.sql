select
    quarantine.collection_code,
    quarantine.contact_id,
    quarantine.reason_code,
    quarantine.detail,
    reason.explanation,
    reason.what_to_do,
    quarantine.first_seen_at,
    quarantine.last_seen_at,
    quarantine.resolved_at
from sync.quarantine
inner join sync.reason as reason on quarantine.reason_code = reason.reason_code
where
    (%(with_resolved)s::boolean or quarantine.resolved_at is null)
    and (%(reason_code)s::text is null or quarantine.reason_code = %(reason_code)s::text)
    and (%(collection_code)s::text is null or quarantine.collection_code = %(collection_code)s::text)
order by quarantine.collection_code, reason.position, quarantine.contact_id, quarantine.quarantine_id
