-- Records of stagings that are gone: their collections with owners and settings, and their counts.
with gone as (
    select staging_id from sync.staging_run
    where dropped_at is not null and created_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
),

collection as (
    delete from sync.staged_collection
    where staging_id in (select gone.staging_id from gone)
),

invariant as (
    delete from sync.staging_invariant
    where staging_id in (select gone.staging_id from gone)
)

delete from sync.staging_run
where staging_id in (select gone.staging_id from gone)
