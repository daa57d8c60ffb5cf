create or replace view mart.audience_best_times as
-- The hour of the week is chosen as a whole. The best weekday and the best hour, each by itself, may hardly
-- occur together.
select distinct on (hours.list_id)
    hours.list_id,
    hours.weekday as best_weekday,
    hours.hour as best_hour,
    hours.clicks,
    hours.opens_without_proxy,
    hours.clicks_without_bots
from mart.audience_hours as hours
where hours.clicks_without_bots + hours.opens_without_proxy > 0
order by hours.list_id asc, hours.rank_in_audience asc, hours.weekday asc, hours.hour asc;
comment on view mart.audience_best_times is
'Best hour of the week of each audience, as one pair of weekday and hour. It has the most clicks '
'without scanners. If equal, '
'the most opens without proxies decide, then the earlier one in the week. Like mart.audience_hours it '
'depends on when mails were sent. For the time to send, use mart.audience_sending_times.';
comment on column mart.audience_best_times.list_id is 'Audience: mart.lists.';
comment on column mart.audience_best_times.best_weekday is
'Weekday of the best hour in the report time zone: 1 Monday to 7 Sunday.';
comment on column mart.audience_best_times.best_hour is
'Hour of that weekday in the report time zone: 0 to 23.';
comment on column mart.audience_best_times.clicks is 'Clicks in that hour of the week.';
comment on column mart.audience_best_times.clicks_without_bots is
'Clicks in that hour of the week that are not of scanners.';
comment on column mart.audience_best_times.opens_without_proxy is
'Opens in that hour of the week that are not known to be by a proxy.';
