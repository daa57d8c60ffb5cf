create or replace view mart.audience_hours as
select
    campaign.list_id,
    hours.weekday,
    hours.hour,
    sum(hours.opens)::bigint as opens,
    sum(hours.opens_without_proxy)::bigint as opens_without_proxy,
    sum(hours.clicks)::bigint as clicks,
    rank() over (
        partition by campaign.list_id
        order by sum(hours.clicks_without_bots) desc, sum(hours.opens_without_proxy) desc
    ) as rank_in_audience,
    sum(hours.clicks_without_bots)::bigint as clicks_without_bots
from mart.campaign_hours as hours
inner join stats.campaigns as campaign on hours.campaign_id = campaign.campaign_id
group by campaign.list_id, hours.weekday, hours.hour;
comment on view mart.audience_hours is
'When each audience opened and clicked, by hour of the week in the report time zone. Most opens follow '
'soon after the mail, so the hours depend on when mails were sent. They show when people read. For the '
'time to send, use mart.audience_sending_times.';
comment on column mart.audience_hours.list_id is 'Audience: mart.lists.';
comment on column mart.audience_hours.weekday is 'Weekday: 1 Monday to 7 Sunday.';
comment on column mart.audience_hours.hour is 'Hour of the day: 0 to 23.';
comment on column mart.audience_hours.opens is 'Opens in that hour; proxies included.';
comment on column mart.audience_hours.opens_without_proxy is
'Opens in that hour that are not known to be by a proxy.';
comment on column mart.audience_hours.clicks is 'Clicks in that hour.';
comment on column mart.audience_hours.clicks_without_bots is
'Clicks in that hour that are not of scanners.';
comment on column mart.audience_hours.rank_in_audience is
'Rank of the hour in its audience: 1 has the most clicks without scanners, then the most opens without '
'proxies. Equal hours share a rank.';
