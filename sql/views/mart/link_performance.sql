create or replace view mart.link_performance as
select
    link.campaign_id,
    link.link_id,
    link.url,
    substring(link.url from '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)') as url_host,
    campaign.list_id,
    campaign.title as campaign_title,
    campaign.sent_at,
    (campaign.counted_at at time zone setting.report_time_zone)::date as sent_on,
    md5(link.url)::uuid as url_key,
    link.total_clicks,
    link.unique_clicks,
    link.last_click_at,
    round(link.total_clicks::numeric / nullif(report.clicks_total, 0), 4) as click_share,
    round(
        link.unique_clicks::numeric
        / nullif(greatest(report.emails_sent - report.hard_bounces - report.soft_bounces, 0), 0), 4
    ) as click_rate,
    rank() over (partition by link.campaign_id order by link.total_clicks desc) as rank_in_campaign,
    human.total_clicks as total_clicks_without_bots,
    human.unique_clicks as unique_clicks_without_bots,
    round(
        human.total_clicks::numeric
        / nullif(greatest(report.clicks_total - coalesce(engagement.bot_clicks, 0), 0), 0), 4
    ) as click_share_without_bots,
    round(
        human.unique_clicks::numeric
        / nullif(greatest(report.emails_sent - report.hard_bounces - report.soft_bounces, 0), 0), 4
    ) as click_rate_without_bots
from stats.link_clicks as link
inner join stats.campaigns as campaign on link.campaign_id = campaign.campaign_id
inner join stats.latest_report as report on link.campaign_id = report.campaign_id
cross join mart.setting as setting
left join mart.campaign_engagement as engagement on link.campaign_id = engagement.campaign_id
left join mart.campaign_bot_links as bots
    on link.campaign_id = bots.campaign_id and md5(link.url)::uuid = bots.url_key
cross join
    lateral (
        values (
            greatest(link.total_clicks - coalesce(bots.bot_clicks, 0), 0),
            greatest(link.unique_clicks - coalesce(bots.bot_clickers, 0), 0)
        )
    ) as human (total_clicks, unique_clicks);
comment on view mart.link_performance is
'Each link of each campaign: its clicks, the members who clicked, and its share of all clicks.';
comment on column mart.link_performance.campaign_id is 'Campaign: mart.campaigns.';
comment on column mart.link_performance.link_id is 'Mailchimp''s id of the link within the campaign.';
comment on column mart.link_performance.url is 'Link, as Mailchimp gives it.';
comment on column mart.link_performance.url_host is
'Host name in the link; null if the link has none, such as mailto.';
comment on column mart.link_performance.list_id is 'Audience: mart.lists; null if Mailchimp names none.';
comment on column mart.link_performance.campaign_title is 'Internal title of the campaign.';
comment on column mart.link_performance.sent_at is
'Time at which the campaign was sent; null if Mailchimp gives none.';
comment on column mart.link_performance.sent_on is
'Day of sending in the report time zone; day of creation if Mailchimp gives no time of sending.';
comment on column mart.link_performance.url_key is 'Link over all campaigns: mart.links.';
comment on column mart.link_performance.total_clicks is
'Clicks, as Mailchimp counts them; repeated clicks included.';
comment on column mart.link_performance.unique_clicks is 'Members who clicked the link.';
comment on column mart.link_performance.last_click_at is 'Time of the newest click; null without one.';
comment on column mart.link_performance.click_share is
'Share of the campaign''s clicks (0 to 1); null if the campaign has no click.';
comment on column mart.link_performance.click_rate is
'unique_clicks per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.link_performance.total_clicks_without_bots is
'total_clicks without those that are probably of scanners (mart.campaign_activities.is_suspected_bot).';
comment on column mart.link_performance.unique_clicks_without_bots is
'Members with a click on the link that is not of a scanner.';
comment on column mart.link_performance.click_share_without_bots is
'Share of the campaign''s clicks without scanners (0 to 1); null if it has none.';
comment on column mart.link_performance.click_rate_without_bots is
'unique_clicks_without_bots per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.link_performance.rank_in_campaign is
'Rank of the link in its campaign: 1 has the most clicks. Equal links share a rank.';
