-- Earlier addresses of contacts. The newest known address of a staged contact stays. All addresses of a
-- contact with a refusal that holds stay too.
--
-- Both are gathered once: a look for each address may read all stagings each time.
with present as (
    select distinct contact_id
    from sync.address_holder
    where left_at is null
),

staged as (
    select distinct contact.contact_id
    from staging.contact as contact
    inner join sync.newest_staging as newest on contact.staging_id = newest.staging_id
)

delete from sync.address_holder
where (contact_id, address_digest) in (
    select
        holder.contact_id,
        holder.address_digest
    from sync.address_holder as holder
    left join present on holder.contact_id = present.contact_id
    left join staged on holder.contact_id = staged.contact_id
    where
        holder.left_at < %(now)s::timestamptz - make_interval(days => %(days)s)
        and (present.contact_id is not null or staged.contact_id is null)
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
    limit %(batch)s
)
