-- How many contacts of a collection are in the quarantine, by reason.
select
    quarantine.reason_code,
    count(*) as contacts,
    min(quarantine.first_seen_at) as first_seen_at
from sync.quarantine
inner join sync.reason on quarantine.reason_code = reason.reason_code
where quarantine.resolved_at is null and quarantine.collection_code = %(collection_code)s
group by quarantine.reason_code, reason.position
order by reason.position;
