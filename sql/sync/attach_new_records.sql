-- A record at an address of a contact that is gone may be that contact, made again. So it takes over the
-- refusals.
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
)

insert into sync.refusal_contact (refusal_id, contact_id)
select distinct
    gone.refusal_id,
    new_record.contact_id
from gone_address as gone
inner join new_record on gone.address_digest = new_record.address_digest
-- An erasure may have removed the refusal meanwhile.
inner join sync.refusal as refusal on gone.refusal_id = refusal.refusal_id and refusal.ended_at is null
cross join pads
where
    -- We store nothing about an erased contact, even if the CRM still has it.
    not exists (
        select from sync.suppression
        where
            suppression.kind = 'contact'
            and suppression.digest
            = sync.keyed_digest(pads.inner_pad, pads.outer_pad, 'contact:' || new_record.contact_id)
    )
    -- A contact that an earlier run knew is somebody else.
    and not exists (
        select from sync.address_holder as known
        where known.contact_id = new_record.contact_id and known.first_seen_at < %(clock)s
    )
on conflict (refusal_id, contact_id) do update set merged_from = null
