-- Refuses a name that Postgres does not know, before any view fails on it. If the days change, months are
-- counted from the beginning.
update mart.setting
set report_time_zone = %(time_zone)s, rebuild = true
where report_time_zone <> %(time_zone)s and (now() at time zone %(time_zone)s) is not null;
