-- Earlier addresses of contacts. The newest known address of a staged contact stays. All addresses of a
-- contact with a refusal that holds stay too.
delete from sync.address_holder
where (contact_id, address_digest) in (
    select
        holder.contact_id,
        holder.address_digest
    from sync.address_holder as holder
    where
        holder.left_at < %(now)s::timestamptz - make_interval(days => %(days)s)
        and (
            exists (
                select from sync.address_holder as newer
                where newer.contact_id = holder.contact_id and newer.left_at is null
            )
            or not exists (
                select from staging.contact as staged
                inner join sync.newest_staging as newest on staged.staging_id = newest.staging_id
                where staged.contact_id = holder.contact_id
            )
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
    limit %(batch)s
)
