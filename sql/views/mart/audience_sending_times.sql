create or replace view mart.audience_sending_times as
select
    performance.list_id,
    campaign.sent_weekday as weekday,
    campaign.sent_hour as hour,
    count(*) as campaigns,
    sum(performance.delivered)::bigint as delivered,
    round(sum(performance.unique_opens_without_proxy) / nullif(sum(performance.delivered), 0), 4)
        as open_rate_without_proxy,
    round(sum(performance.unique_clicks) / nullif(sum(performance.delivered), 0), 4) as click_rate,
    round(sum(performance.unsubscribes) / nullif(sum(performance.delivered), 0), 4) as unsubscribe_rate,
    round(sum(performance.unique_clicks_without_bots) / nullif(sum(performance.delivered), 0), 4)
        as click_rate_without_bots
from mart.campaign_comparison as comparison
inner join mart.campaign_performance as performance on comparison.campaign_id = performance.campaign_id
inner join mart.campaigns as campaign on comparison.campaign_id = campaign.campaign_id
where comparison.is_mature and campaign.sent_hour is not null
group by performance.list_id, campaign.sent_weekday, campaign.sent_hour;
comment on view mart.audience_sending_times is
'Results of campaigns by the weekday and hour of sending, in the report time zone. Rates are per delivered '
'mail, so hours with much mail have no advantage. It has mature campaigns only (mart.campaign_comparison). '
'Few campaigns prove little: the content matters more than the hour.';
comment on column mart.audience_sending_times.list_id is 'Audience: mart.lists.';
comment on column mart.audience_sending_times.weekday is 'Weekday of sending: 1 Monday to 7 Sunday.';
comment on column mart.audience_sending_times.hour is 'Hour of sending: 0 to 23.';
comment on column mart.audience_sending_times.campaigns is 'Campaigns sent in that hour.';
comment on column mart.audience_sending_times.delivered is 'Mails of these campaigns that were delivered.';
comment on column mart.audience_sending_times.open_rate_without_proxy is
'Members who opened, without proxies, per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.audience_sending_times.click_rate is
'Members who clicked per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.audience_sending_times.click_rate_without_bots is
'Members who clicked, without scanners, per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.audience_sending_times.unsubscribe_rate is
'Members who unsubscribed per delivered mail (0 to 1); null if nothing was delivered.';
