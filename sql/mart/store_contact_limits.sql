-- The limits of the plans, by account. An account that the setting names no limit for has none.
with given as (
    select
        account,
        contact_limit
    from unnest(%(accounts)s::text[], %(limits)s::bigint[]) as plan (account, contact_limit)
),

gone as (
    delete from mart.contact_limit
    where account not in (select given.account from given)
)

insert into mart.contact_limit (account, contact_limit, warning_percent)
select
    account,
    contact_limit,
    %(warning_percent)s
from given
on conflict (account) do update set
    contact_limit = excluded.contact_limit,
    warning_percent = excluded.warning_percent,
    noted_at = now();
