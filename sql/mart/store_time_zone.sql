-- Refuses a name that Postgres does not know, before any view would. Hours and months in other days
-- are counted from the beginning.
update mart.setting
set report_time_zone = %(time_zone)s, caught_up_to = '-infinity'
where report_time_zone <> %(time_zone)s and (now() at time zone %(time_zone)s) is not null;
