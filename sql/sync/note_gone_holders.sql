-- Marks contacts that no staging has any more: from then on their addresses age. The next staging with the
-- contact removes the mark (note_holders.sql). A contact that refused gets no mark. Each run looks it up in
-- the CRM, and recognises a record that was made again by it.
update sync.address_holder as holder
set left_at = now()
where
    holder.left_at is null
    -- Without stagings, as after a long pause, nothing shows which contact is gone.
    and exists (
        select from sync.newest_staging as newest
        inner join staging.contact as staged on newest.staging_id = staged.staging_id
    )
    and not exists (
        select from staging.contact as staged
        where staged.contact_id = holder.contact_id
    )
    and not exists (
        select from sync.refusal_contact as belongs
        inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
        where refusal.ended_at is null and belongs.contact_id = holder.contact_id
    )
    and not exists (
        select from sync.refusal_contact as belongs
        inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
        where refusal.ended_at is null and belongs.merged_from = holder.contact_id
    )
