-- The members of a request go with it.
delete from sync.removal_request
where plan_id in (
    select plan_id from sync.removal_request
    where coalesce(decided_at, requested_at) < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
)
