-- The age of what is known of a contact begins when no snapshot has it any more. The next snapshot that has
-- it takes the mark away (note_holders.sql). A contact that refused is looked up in the CRM by each run, and
-- a record made again is recognised by it: it stays.
update sync.address_holder as holder
set left_at = now()
where
    holder.left_at is null
    -- Without snapshots, as after a long pause, nothing says who is gone.
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
        where
            refusal.ended_at is null
            and holder.contact_id in (belongs.contact_id, belongs.merged_from)
    )
