update stats.lists as list
set gone_at = now()
where
    list.account = %(account)s
    and list.gone_at is null
    and not exists (
        select from landing_audiences as landed
        where landed.list_id = list.list_id
    );
