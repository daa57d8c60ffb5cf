create or replace view mart.campaign_hours as
select
    quarter.campaign_id,
    extract(isodow from moments.local_at)::smallint as weekday,
    extract(hour from moments.local_at)::smallint as hour,
    sum(quarter.opens)::bigint as opens,
    sum(quarter.opens - quarter.proxy_opens)::bigint as opens_without_proxy,
    sum(quarter.clicks)::bigint as clicks,
    sum(quarter.clicks - quarter.bot_clicks)::bigint as clicks_without_bots
from mart.campaign_quarter_hours as quarter
cross join mart.setting as setting
cross join
    lateral (
        values (quarter.began_at at time zone setting.report_time_zone)
    ) as moments (local_at)
group by quarter.campaign_id, weekday, hour;
comment on view mart.campaign_hours is
'When each campaign was opened and clicked, by weekday and hour of the report time zone.';
comment on column mart.campaign_hours.campaign_id is 'Campaign: mart.campaigns.';
comment on column mart.campaign_hours.weekday is 'Weekday: 1 Monday to 7 Sunday.';
comment on column mart.campaign_hours.hour is 'Hour of the day: 0 to 23.';
comment on column mart.campaign_hours.opens is 'Opens in that hour; proxies included.';
comment on column mart.campaign_hours.opens_without_proxy is
'Opens in that hour that are not known to be by a proxy.';
comment on column mart.campaign_hours.clicks is 'Clicks in that hour.';
comment on column mart.campaign_hours.clicks_without_bots is
'Clicks in that hour that are not of scanners.';
