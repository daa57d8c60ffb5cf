create or replace view mart.automation_performance as
select
    campaign.automation_id,
    count(*) as campaigns,
    sum(performance.emails_sent)::bigint as emails_sent,
    sum(performance.delivered)::bigint as delivered,
    sum(performance.opens)::bigint as opens,
    sum(performance.unique_opens)::bigint as unique_opens,
    sum(performance.unique_opens_without_proxy)::bigint as unique_opens_without_proxy,
    sum(performance.clicks)::bigint as clicks,
    sum(performance.unique_clicks)::bigint as unique_clicks,
    sum(performance.unsubscribes)::bigint as unsubscribes,
    sum(performance.abuse_reports)::bigint as abuse_reports,
    round(sum(performance.unique_opens) / nullif(sum(performance.delivered), 0), 4) as open_rate,
    round(sum(performance.unique_opens_without_proxy) / nullif(sum(performance.delivered), 0), 4)
        as open_rate_without_proxy,
    round(sum(performance.unique_clicks) / nullif(sum(performance.delivered), 0), 4) as click_rate,
    round(sum(performance.unsubscribes) / nullif(sum(performance.delivered), 0), 4) as unsubscribe_rate,
    min(performance.sent_at) as first_sent_at,
    max(performance.sent_at) as last_sent_at,
    sum(performance.clicks_without_bots)::bigint as clicks_without_bots,
    sum(performance.unique_clicks_without_bots)::bigint as unique_clicks_without_bots,
    round(sum(performance.unique_clicks_without_bots) / nullif(sum(performance.delivered), 0), 4)
        as click_rate_without_bots
from mart.campaign_performance as performance
inner join mart.campaigns as campaign on performance.campaign_id = campaign.campaign_id
where campaign.automation_id is not null
group by campaign.automation_id;
comment on view mart.automation_performance is
'Results of each automation: its mails added up. The row of each mail is in mart.campaign_performance.';
comment on column mart.automation_performance.automation_id is 'The automation: mart.automations.';
comment on column mart.automation_performance.campaigns is 'Campaigns with a report.';
comment on column mart.automation_performance.emails_sent is 'Mails sent.';
comment on column mart.automation_performance.delivered is 'Mails sent less bounces.';
comment on column mart.automation_performance.opens is 'Opens, repeated ones and those by proxies included.';
comment on column mart.automation_performance.unique_opens is
'Members who opened, proxies included. A member counts once for each campaign.';
comment on column mart.automation_performance.unique_opens_without_proxy is
'The same without opens known to be by a proxy.';
comment on column mart.automation_performance.clicks is 'Clicks, repeated ones included.';
comment on column mart.automation_performance.unique_clicks is
'Members who clicked. A member counts once for each campaign.';
comment on column mart.automation_performance.unsubscribes is 'Unsubscribes through these campaigns.';
comment on column mart.automation_performance.abuse_reports is 'Complaints.';
comment on column mart.automation_performance.open_rate is 'unique_opens per delivered mail (0 to 1).';
comment on column mart.automation_performance.open_rate_without_proxy is
'unique_opens_without_proxy per delivered mail (0 to 1).';
comment on column mart.automation_performance.click_rate is 'unique_clicks per delivered mail (0 to 1).';
comment on column mart.automation_performance.unsubscribe_rate is 'unsubscribes per delivered mail (0 to 1).';
comment on column mart.automation_performance.first_sent_at is 'Time of sending of the first campaign.';
comment on column mart.automation_performance.last_sent_at is 'Time of sending of the newest campaign.';
comment on column mart.automation_performance.clicks_without_bots is
'clicks without those that are probably of scanners (mart.campaign_activities.is_suspected_bot).';
comment on column mart.automation_performance.unique_clicks_without_bots is
'unique_clicks without members with clicks of scanners alone.';
comment on column mart.automation_performance.click_rate_without_bots is
'unique_clicks_without_bots per delivered mail (0 to 1).';
