-- Addresses that persons changed in Mailchimp itself.
select
    changed.list_id,
    changed.contact_id,
    changed.changed_at,
    changed.noticed_at,
    changed.ended_at
from sync.changed_address as changed
where
    changed.contact_id = any(%(contact_ids)s::bigint[])
    or changed.old_hash = any(%(subscriber_hashes)s::text[])
    or changed.new_hash = any(%(subscriber_hashes)s::text[])
order by changed.changed_at, changed.list_id, changed.contact_id
