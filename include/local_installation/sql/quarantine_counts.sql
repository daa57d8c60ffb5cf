-- Open quarantine rows by reason and collection.
select
    quarantine.reason_code,
    quarantine.collection_code,
    count(*) as contacts
from sync.quarantine as quarantine
inner join sync.reason as reason on quarantine.reason_code = reason.reason_code
where quarantine.resolved_at is null
group by quarantine.reason_code, quarantine.collection_code, reason.position
order by reason.position, quarantine.collection_code;
