-- Rows carry the time of their writing but show only after their commit, so what is being written
-- right now is left for next time. Readers (other logins) do not hold it back.
select least(
    clock_timestamp(),
    (
        select min(activity.xact_start)
        from pg_stat_activity as activity
        where activity.datname = current_database() and activity.usename = current_user
    )
);
