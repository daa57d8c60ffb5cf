-- A record at an address of a contact that is gone may be that contact, made again. So it takes over the
-- refusals.
with gone as (
    select
        belongs.refusal_id,
        belongs.contact_id,
        refusal.address_digest
    from sync.refusal_contact as belongs
    inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
    where
        refusal.ended_at is null
        and refusal.is_about_person
        and belongs.gone_since is null
        and not exists (
            select from refusing_contact as present
            where present.contact_id = belongs.contact_id
        )
),

addressed as (
    select
        gone.refusal_id,
        gone.address_digest
    from gone
    union
    select
        gone.refusal_id,
        holder.address_digest
    from gone
    inner join sync.address_holder as holder
        on gone.contact_id = holder.contact_id and holder.left_at is null
),

pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
)

insert into sync.refusal_contact (refusal_id, contact_id)
select distinct
    addressed.refusal_id,
    new_record.contact_id
from addressed
inner join new_record on addressed.address_digest = new_record.address_digest
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
