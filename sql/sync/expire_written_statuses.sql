-- Written statuses of contacts that the sync state no longer knows. The write-back itself removes such rows
-- from the CRM. If the write-back is off now, a digest lets it find these rows when it is on again.
with old as (
    select
        written.collection_id,
        written.contact_id
    from sync.written_status as written
    where
        written.written_at < %(now)s::timestamptz - make_interval(days => %(days)s)
        and not exists (
            select from sync.member
            where member.contact_id = written.contact_id
        )
        and not exists (
            select from sync.quarantine
            where quarantine.contact_id = written.contact_id and quarantine.resolved_at is null
        )
    limit %(batch)s
),

pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

noted as (
    insert into sync.erased_status (collection_id, contact_digest)
    select
        old.collection_id,
        sync.keyed_digest(pads.inner_pad, pads.outer_pad, 'contact:' || old.contact_id) as contact_digest
    from old
    cross join pads
    on conflict (collection_id, contact_digest) do nothing
)

delete from sync.written_status as written
using old
where written.collection_id = old.collection_id and written.contact_id = old.contact_id
