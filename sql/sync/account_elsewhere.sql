-- Another account in which an audience is known already. Its members are people of that account.
select known.account
from (
    select
        list_id,
        account
    from sync.audience
    union all
    select
        list_id,
        account
    from sync.former_audience
    union all
    (
        select
            list_id,
            account
        from sync.member
        where list_id = %(list_id)s and account <> %(account)s
        limit 1
    )
    union all
    select
        list_id,
        account
    from stats.lists
    where read_at is not null
) as known
where known.list_id = %(list_id)s and known.account <> %(account)s
limit 1
