create or replace view mart.dates as
select
    day::date as day,
    extract(isodow from day)::integer as weekday,
    to_char(day, 'IYYY-"W"IW') as iso_week,
    date_trunc('month', day)::date as month,
    to_char(day, 'YYYY-"Q"Q') as quarter,
    extract(year from day)::integer as year
-- Timestamps without time zone: days of the report time zone, in every session.
from (
    select
        date_trunc('year', min(moment.at at time zone setting.report_time_zone)) as first_day,
        date_trunc('year', max(moment.at at time zone setting.report_time_zone))
        + interval '1 year' - interval '1 day' as last_day
    from (
        select now() as at
        union all
        select min(counted_at) as at from stats.campaigns
        union all
        select max(counted_at) as at from stats.campaigns
        union all
        select min(began_at) as at from mart.campaign_quarter_hours
        union all
        select max(began_at) as at from mart.campaign_quarter_hours
    ) as moment
    cross join mart.setting as setting
) as known
cross join generate_series(first_day, last_day, interval '1 day') as series (day);
comment on view mart.dates is
'Dimension: days of the report time zone. They go from the year of the first campaign to the end of the '
'newest year.';
comment on column mart.dates.day is 'Key: the day.';
comment on column mart.dates.weekday is 'Weekday: 1 Monday to 7 Sunday.';
comment on column mart.dates.iso_week is 'ISO week, such as 2026-W47.';
comment on column mart.dates.month is 'First day of the month.';
comment on column mart.dates.quarter is 'Quarter, such as 2026-Q4.';
comment on column mart.dates.year is 'Calendar year.';
