-- Contacts in quarantine now, by collection and reason: held back, or pushed without a field.
select
    quarantine.collection_code,
    quarantine.reason_code,
    count(*) as contacts,
    min(quarantine.first_seen_at) as first_seen_at,
    reason.explanation,
    reason.what_to_do
from sync.quarantine
inner join sync.reason on quarantine.reason_code = reason.reason_code
where quarantine.resolved_at is null
group by
    quarantine.collection_code, quarantine.reason_code, reason.position, reason.explanation, reason.what_to_do
order by quarantine.collection_code, reason.position;
