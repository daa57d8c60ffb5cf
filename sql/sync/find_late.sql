-- Active collections without a succeeded run for too long. A new collection gets the same time.
with active as (
    select
        collection_code,
        changed_at
    from unnest(%(codes)s::text[], %(changed_at)s::timestamptz[]) as given (collection_code, changed_at)
),

latest as (
    select
        collection_code,
        max(finished_at) as succeeded_at
    from sync.collection_run
    -- A run in the future was noted by a clock that was ahead.
    where state = 'succeeded' and finished_at <= now() + interval '1 minute'
    group by collection_code
)

select active.collection_code
from active
left join latest on active.collection_code = latest.collection_code
where coalesce(latest.succeeded_at, active.changed_at) < now() - make_interval(secs => %(late_seconds)s)
order by active.collection_code
