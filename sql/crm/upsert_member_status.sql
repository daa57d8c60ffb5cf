insert into crm.provider_member_status as written (collection_id, contact_id, status, reason, changed_at)
select
    collection_id,
    contact_id,
    status,
    reason,
    changed_at
from member_status
where status is not null
on conflict (collection_id, contact_id) do update set
    status = excluded.status,
    reason = excluded.reason,
    changed_at = excluded.changed_at
where (written.status, written.reason) is distinct from (excluded.status, excluded.reason)
