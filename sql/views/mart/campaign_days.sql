create or replace view mart.campaign_days as
select
    quarter.campaign_id,
    campaign.list_id,
    dates.day,
    sum(quarter.opens)::bigint as opens,
    sum(quarter.opens - quarter.proxy_opens)::bigint as opens_without_proxy,
    sum(quarter.clicks)::bigint as clicks,
    sum(quarter.bounces)::bigint as bounces,
    sum(quarter.clicks - quarter.bot_clicks)::bigint as clicks_without_bots
from mart.campaign_quarter_hours as quarter
inner join stats.campaigns as campaign on quarter.campaign_id = campaign.campaign_id
cross join mart.setting as setting
cross join
    lateral (
        values ((quarter.began_at at time zone setting.report_time_zone)::date)
    ) as dates (day)
group by quarter.campaign_id, campaign.list_id, dates.day;
comment on view mart.campaign_days is
'Fact: opens, clicks and bounces of each campaign by day of the report time zone.';
comment on column mart.campaign_days.campaign_id is 'Campaign: mart.campaigns.';
comment on column mart.campaign_days.list_id is 'Audience: mart.lists; null if Mailchimp names none.';
comment on column mart.campaign_days.day is 'Day in the report time zone: mart.dates.';
comment on column mart.campaign_days.opens is 'Opens on that day; proxies included.';
comment on column mart.campaign_days.opens_without_proxy is
'Opens on that day that are not known to be by a proxy.';
comment on column mart.campaign_days.clicks is 'Clicks on that day.';
comment on column mart.campaign_days.clicks_without_bots is
'Clicks on that day that are not of scanners.';
comment on column mart.campaign_days.bounces is 'Bounces on that day.';
