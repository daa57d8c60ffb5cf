-- Which contact holds which address from this run on: the staged contacts, and those that refused.
--
-- A new contact may have the address of an earlier one: the record was made again, or exists twice. So the
-- new contact takes over the refusals of that address, and those of its known holders.
with current_address as (
    select
        contact_id,
        refusal_digest as address_digest
    from staging.contact
    where
        staging_id = %(staging_id)s
        -- We store nothing about an erased contact, even if the CRM still has it.
        and not exists (
            select from sync.suppression
            where suppression.kind = 'contact' and suppression.digest = contact.contact_digest
        )
    union
    select
        contact_id,
        address_digest
    from refusing_contact
),

moved as (
    update sync.address_holder as holder
    set left_at = %(clock)s
    from current_address
    where
        holder.contact_id = current_address.contact_id
        and holder.left_at is null
        and holder.address_digest is distinct from current_address.address_digest
),

returned as (
    update sync.address_holder as holder
    set left_at = null
    from current_address
    where
        holder.contact_id = current_address.contact_id
        and holder.address_digest = current_address.address_digest
        and holder.left_at is not null
),

added as (
    insert into sync.address_holder (contact_id, address_digest, first_seen_at)
    select
        current_address.contact_id,
        current_address.address_digest,
        %(clock)s
    from current_address
    where
        current_address.address_digest is not null
        and not exists (
            select from sync.address_holder as known
            where
                known.contact_id = current_address.contact_id
                and known.address_digest = current_address.address_digest
        )
    on conflict (contact_id, address_digest) do nothing
    returning contact_id, address_digest
),

begun as (
    select
        added.contact_id,
        added.address_digest
    from added
    where
        not exists (
            select from sync.address_holder as earlier
            where earlier.contact_id = added.contact_id
        )
)

insert into sync.refusal_contact (refusal_id, contact_id)
select
    refusal.refusal_id,
    begun.contact_id
from begun
inner join sync.refusal as refusal on begun.address_digest = refusal.address_digest
where refusal.ended_at is null and refusal.is_about_person
union
select
    refusal.refusal_id,
    begun.contact_id
from begun
inner join sync.address_holder as holder
    on begun.address_digest = holder.address_digest and holder.left_at is null
inner join sync.refusal_contact as belongs on holder.contact_id = belongs.contact_id
inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
where
    refusal.ended_at is null
    and refusal.is_about_person
    and not exists (
        select from current_address as elsewhere
        where
            elsewhere.contact_id = holder.contact_id
            and elsewhere.address_digest is distinct from begun.address_digest
    )
union
-- The refusal of a contact that is gone became known later, at an earlier address of it. The record that took
-- its place has the refusal too. For the same address open_refusals.sql decides by who left it when.
select
    refusal.refusal_id,
    successor.contact_id
from sync.refusal as refusal
inner join sync.refusal_contact as belongs on refusal.refusal_id = belongs.refusal_id
inner join sync.address_holder as gone
    on
        belongs.contact_id = gone.contact_id
        and refusal.address_digest <> gone.address_digest
        and gone.left_at is null
inner join sync.address_holder as successor
    on
        gone.address_digest = successor.address_digest
        and gone.contact_id <> successor.contact_id
        and gone.first_seen_at < successor.first_seen_at
where
    refusal.ended_at is null
    and refusal.is_about_person
    and not exists (
        select from refusing_contact as present
        where present.contact_id = gone.contact_id
    )
    and not exists (
        select from sync.address_holder as earlier
        where
            earlier.contact_id = successor.contact_id
            and earlier.first_seen_at < successor.first_seen_at
    )
on conflict (refusal_id, contact_id) do update set merged_from = null
