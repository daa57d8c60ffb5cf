-- The partition is created apart and then attached: creating it in place would block readers.
create or replace function stats.ensure_activity_month(month date) returns void
language plpgsql as $$
declare
    partition_name text := 'campaign_activities_' || to_char(month, 'YYYY_MM');
    lower_bound timestamptz := date_trunc('month', month::timestamp) at time zone 'UTC';
    upper_bound timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') at time zone 'UTC';
begin
    if to_regclass('stats.' || partition_name) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('stats.ensure_activity_month', 0));
    -- Not by to_regclass: the session may remember from before the lock that there was no such table.
    if exists (
        select from pg_catalog.pg_class
        where relnamespace = 'stats'::regnamespace and relname = partition_name
    ) then
        return;
    end if;
    execute format('create table stats.%I (like stats.campaign_activities including all)', partition_name);
    execute format(
        'comment on table stats.%I is %L', partition_name,
        'Events of ' || to_char(month, 'YYYY-MM') || ' (UTC): a part of stats.campaign_activities.'
    );
    execute format(
        'alter table stats.campaign_activities attach partition stats.%I for values from (%L) to (%L)',
        partition_name, lower_bound, upper_bound
    );
end
$$;
comment on function stats.ensure_activity_month is
'Creates the partition of events for a month, if it is missing.';
