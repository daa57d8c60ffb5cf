-- What the crm was told of contacts of whom nothing is known any more. The write-back itself takes such
-- rows away; switched off since, it knows them again by their digest when it is switched on.
with old as (
    select
        written.collection_id,
        written.contact_id
    from sync.written_status as written
    where
        written.written_at < now() - make_interval(days => %(days)s)
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
