-- The next contacts of a collection in the quarantine, by contact id.
select
    quarantine.contact_id,
    quarantine.reason_code,
    quarantine.detail,
    quarantine.first_seen_at
from sync.quarantine
where
    quarantine.resolved_at is null
    and quarantine.collection_code = %(collection_code)s
    and (%(reason_code)s::text is null or quarantine.reason_code = %(reason_code)s)
    and quarantine.contact_id > %(after)s
order by quarantine.contact_id asc, quarantine.reason_code asc
limit %(most)s;
