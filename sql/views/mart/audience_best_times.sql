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
'Best weekday and best hour of each audience, each by itself: most clicks, then most opens without '
'proxies. Like mart.audience_hours it depends on when mails were sent. For the time to send, use '
'mart.audience_sending_times.';
comment on column mart.audience_best_times.list_id is 'Audience: mart.lists.';
comment on column mart.audience_best_times.best_weekday is
'Weekday in the report time zone: 1 Monday to 7 Sunday.';
comment on column mart.audience_best_times.best_hour is 'Hour of the day in the report time zone: 0 to 23.';
