-- Once a day is enough: these histories are by month and by day.
select list.list_id
from stats.lists as list
left join stats.list_state as known on list.list_id = known.list_id
where
    list.account = %(account)s
    and list.read_at is not null
    and list.gone_at is null
    and (
        known.read_at is null
        -- A reading in the future was noted by a clock that was ahead.
        or known.read_at not between now() - interval '20 hours' and now() + interval '1 minute'
    )
order by list.list_id;
