create or replace view mart.quarantine_days as
with change as (
    select
        quarantine.collection_code,
        quarantine.reason_code,
        (quarantine.first_seen_at at time zone setting.report_time_zone)::date as day,
        1 as opened,
        0 as closed
    from sync.quarantine as quarantine
    cross join mart.setting as setting
    union all
    select
        quarantine.collection_code,
        quarantine.reason_code,
        (quarantine.resolved_at at time zone setting.report_time_zone)::date as day,
        0 as opened,
        1 as closed
    from sync.quarantine as quarantine
    cross join mart.setting as setting
    where quarantine.resolved_at is not null
)

select
    collection_code,
    reason_code,
    day,
    sum(opened)::bigint as opened,
    sum(closed)::bigint as closed,
    (sum(sum(opened) - sum(closed)) over (
        partition by collection_code, reason_code
        order by day
    ))::bigint as open_at_end
from change
group by collection_code, reason_code, day;
comment on view mart.quarantine_days is
'Fact: contacts held back from a collection, by reason and day. It has a row for each day with a change. '
'Closed rows of the quarantine count as long as retention keeps them.';
comment on column mart.quarantine_days.collection_code is 'The collection: mart.collections.';
comment on column mart.quarantine_days.reason_code is
'Why they are held back. invalid_field_value: only a field is left out.';
comment on column mart.quarantine_days.day is 'The day in the report time zone: mart.dates.';
comment on column mart.quarantine_days.opened is 'Contacts held back from this day on.';
comment on column mart.quarantine_days.closed is 'Contacts whose reason ended on this day.';
comment on column mart.quarantine_days.open_at_end is 'Contacts held back at the end of the day.';
