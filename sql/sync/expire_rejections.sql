-- Rejected addresses whose contact is in none of the newest stagings.
delete from sync.rejection as rejection
where (rejection.list_id, rejection.subscriber_hash) in (
    select
        old.list_id,
        old.subscriber_hash
    from sync.rejection as old
    where
        old.rejected_at < %(now)s::timestamptz - make_interval(days => %(days)s)
        and not exists (
            select from sync.newest_verdict as verdict
            where verdict.contact_id = old.contact_id
        )
    limit %(batch)s
)
