-- Puts the rows that the CRM has into the place of those that were written. They are compared next.
with gone as (
    delete from sync.written_status as written
    where
        not exists (
            select from found_status as found
            where written.collection_id = found.collection_id and written.contact_id = found.contact_id
        )
)

insert into sync.written_status (collection_id, contact_id, status, reason)
select distinct on (found.collection_id, found.contact_id)
    found.collection_id,
    found.contact_id,
    -- No status of ours is empty: such a row is written again.
    coalesce(found.status, '') as status,
    found.reason
from found_status as found
where found.collection_id is not null and found.contact_id is not null
order by found.collection_id, found.contact_id
on conflict (collection_id, contact_id) do update set
    status = excluded.status,
    reason = excluded.reason
