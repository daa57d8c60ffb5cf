with gone as (
    delete from sync.written_status as written
    using changed_status as changed
    where
        changed.status is null
        and written.collection_id = changed.collection_id
        and written.contact_id = changed.contact_id
)

insert into sync.written_status (collection_id, contact_id, status, reason)
select
    collection_id,
    contact_id,
    status,
    reason
from changed_status
where status is not null
on conflict (collection_id, contact_id) do update set
    status = excluded.status,
    reason = excluded.reason,
    written_at = now()
