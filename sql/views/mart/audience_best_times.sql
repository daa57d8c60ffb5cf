create or replace view mart.audience_best_times as
with days as (
    select
        list_id,
        weekday,
        row_number() over (
            partition by list_id order by sum(clicks) desc, sum(opens_without_proxy) desc, weekday asc
        ) as place
    from mart.audience_hours
    group by list_id, weekday
),

hours as (
    select
        list_id,
        hour,
        row_number() over (
            partition by list_id order by sum(clicks) desc, sum(opens_without_proxy) desc, hour asc
        ) as place
    from mart.audience_hours
    group by list_id, hour
)

select
    days.list_id,
    days.weekday as best_weekday,
    hours.hour as best_hour
from days
inner join hours on days.list_id = hours.list_id and hours.place = 1
where days.place = 1;
comment on view mart.audience_best_times is
'Busiest weekday and busiest hour of each audience, each by itself: most clicks, then most opens not by a '
'proxy. As mart.audience_hours it depends on when mails were sent: see mart.audience_sending_times.';
comment on column mart.audience_best_times.list_id is 'The audience.';
comment on column mart.audience_best_times.best_weekday is '1 Monday to 7 Sunday, in the report time zone.';
comment on column mart.audience_best_times.best_hour is 'Hour of the day, 0 to 23, in the report time zone.';
