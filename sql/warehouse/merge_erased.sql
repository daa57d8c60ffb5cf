-- Adds the former warehouse's lists of erased people to the restored ones. Nothing is ever taken away.
with suppressed as (
    insert into sync.suppression (kind, digest, cause, suppressed_at)
    select
        kind,
        digest,
        cause,
        suppressed_at
    from former_suppression
    on conflict (kind, digest) do nothing
    returning 1
),

erased as (
    insert into sync.erased_subscriber as known (digest, noted_at, erased_at)
    select
        digest,
        noted_at,
        erased_at
    from former_erased_subscriber
    -- Null: an erasure was under way in the former warehouse. Its rows are dropped until it is done again.
    on conflict (digest) do update
        set
            erased_at
            = case when excluded.erased_at is not null then greatest(known.erased_at, excluded.erased_at) end
    returning known.xmax = 0 as is_new
)

select
    (select count(*) from suppressed)::int
    + (
        select count(*) from erased
        where erased.is_new
    )::int as merged
