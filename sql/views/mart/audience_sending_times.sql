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
    round(sum(performance.unsubscribes) / nullif(sum(performance.delivered), 0), 4) as unsubscribe_rate
from mart.campaign_comparison as comparison
inner join mart.campaign_performance as performance on comparison.campaign_id = performance.campaign_id
inner join mart.campaigns as campaign on comparison.campaign_id = campaign.campaign_id
where comparison.is_mature and campaign.sent_hour is not null
group by performance.list_id, campaign.sent_weekday, campaign.sent_hour;
comment on view mart.audience_sending_times is
'How campaigns did by the weekday and hour they were sent at, in the report time zone: per delivered mail, '
'so that hours with much mail do not win by that. Mature campaigns (mart.campaign_comparison) only. Few '
'campaigns say little: what was sent counts more than when.';
comment on column mart.audience_sending_times.list_id is 'The audience.';
comment on column mart.audience_sending_times.weekday is '1 Monday to 7 Sunday.';
comment on column mart.audience_sending_times.hour is 'Hour of sending, 0 to 23.';
comment on column mart.audience_sending_times.campaigns is 'Campaigns sent then.';
comment on column mart.audience_sending_times.delivered is 'Mails of them that arrived.';
comment on column mart.audience_sending_times.open_rate_without_proxy is
'Members who opened, without proxies, per delivered mail.';
comment on column mart.audience_sending_times.click_rate is 'Members who clicked per delivered mail.';
comment on column mart.audience_sending_times.unsubscribe_rate is
'Members who unsubscribed per delivered mail.';
