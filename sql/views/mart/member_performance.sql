create or replace view mart.member_performance as
select
    engagement.list_id,
    engagement.subscriber_hash,
    member.contact_key,
    member.contact_id,
    engagement.campaigns_received,
    engagement.campaigns_delivered,
    engagement.campaigns_opened,
    engagement.campaigns_human_opened as campaigns_opened_without_proxy,
    engagement.campaigns_clicked,
    engagement.opens,
    engagement.opens - engagement.proxy_opens as opens_without_proxy,
    engagement.clicks,
    engagement.hard_bounces,
    engagement.soft_bounces,
    engagement.unsubscribes,
    engagement.abuse_reports,
    round(engagement.campaigns_opened::numeric / nullif(engagement.campaigns_delivered, 0), 4) as open_rate,
    round(engagement.campaigns_human_opened::numeric / nullif(engagement.campaigns_delivered, 0), 4)
        as open_rate_without_proxy,
    round(engagement.campaigns_clicked::numeric / nullif(engagement.campaigns_delivered, 0), 4) as click_rate,
    engagement.first_sent_at,
    engagement.last_sent_at,
    engagement.first_open_at,
    engagement.last_open_at,
    engagement.first_human_open_at as first_open_without_proxy_at,
    engagement.last_human_open_at as last_open_without_proxy_at,
    engagement.first_click_at,
    engagement.last_click_at,
    engagement.last_unsubscribed_at,
    engagement.campaigns_human_clicked as campaigns_clicked_without_bots,
    engagement.clicks - engagement.bot_clicks as clicks_without_bots,
    round(engagement.campaigns_human_clicked::numeric / nullif(engagement.campaigns_delivered, 0), 4)
        as click_rate_without_bots
from mart.member_engagement as engagement
inner join mart.members as member
    on engagement.list_id = member.list_id and engagement.subscriber_hash = member.subscriber_hash;
comment on view mart.member_performance is
'Results of each member of an audience, over all its campaigns. Results of each person over all audiences '
'are in mart.contact_engagement.';
comment on column mart.member_performance.list_id is 'The audience: mart.lists.';
comment on column mart.member_performance.subscriber_hash is 'The member, with list_id: mart.members.';
comment on column mart.member_performance.contact_key is 'The person: mart.contacts.';
comment on column mart.member_performance.contact_id is
'Contact of the CRM; null if the member is not ours.';
comment on column mart.member_performance.campaigns_received is 'Campaigns sent to the member.';
comment on column mart.member_performance.campaigns_delivered is 'Of these, campaigns without a bounce.';
comment on column mart.member_performance.campaigns_opened is 'Campaigns opened, by proxies too.';
comment on column mart.member_performance.campaigns_opened_without_proxy is
'Campaigns with an open not known to be by a proxy.';
comment on column mart.member_performance.campaigns_clicked is 'Campaigns clicked in.';
comment on column mart.member_performance.opens is
'Opens, repeated ones and those by proxies included. At most 1,000 for each campaign, because Mailchimp '
'lists no more.';
comment on column mart.member_performance.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.member_performance.clicks is
'Clicks, repeated ones included. At most 1,000 for each campaign, because Mailchimp lists no more.';
comment on column mart.member_performance.hard_bounces is 'Permanent delivery failures.';
comment on column mart.member_performance.soft_bounces is 'Temporary delivery failures.';
comment on column mart.member_performance.unsubscribes is 'Campaigns that the member unsubscribed through.';
comment on column mart.member_performance.abuse_reports is 'Complaints.';
comment on column mart.member_performance.open_rate is 'campaigns_opened per delivered campaign (0 to 1).';
comment on column mart.member_performance.open_rate_without_proxy is
'campaigns_opened_without_proxy per delivered campaign (0 to 1).';
comment on column mart.member_performance.click_rate is 'campaigns_clicked per delivered campaign (0 to 1).';
comment on column mart.member_performance.first_sent_at is 'When the member got the first campaign.';
comment on column mart.member_performance.last_sent_at is 'When the member got the newest campaign.';
comment on column mart.member_performance.first_open_at is 'First open.';
comment on column mart.member_performance.last_open_at is 'Newest open.';
comment on column mart.member_performance.first_open_without_proxy_at is
'First open not known to be by a proxy.';
comment on column mart.member_performance.last_open_without_proxy_at is
'Newest open not known to be by a proxy.';
comment on column mart.member_performance.first_click_at is 'First click.';
comment on column mart.member_performance.last_click_at is 'Newest click.';
comment on column mart.member_performance.last_unsubscribed_at is 'Newest unsubscribe.';
comment on column mart.member_performance.campaigns_clicked_without_bots is
'Campaigns with a click that is not of a scanner.';
comment on column mart.member_performance.clicks_without_bots is
'clicks without those that are probably of a scanner.';
comment on column mart.member_performance.click_rate_without_bots is
'campaigns_clicked_without_bots per delivered campaign (0 to 1).';
