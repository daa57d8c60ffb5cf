create or replace view mart.links as
select
    link.url_key,
    link.url,
    substring(link.url from '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)') as url_host,
    substring(link.url from '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*([^?#]*)') as url_path,
    substring(link.url from '[?&]utm_source=([^&#]*)') as utm_source,
    substring(link.url from '[?&]utm_medium=([^&#]*)') as utm_medium,
    substring(link.url from '[?&]utm_campaign=([^&#]*)') as utm_campaign,
    count(*) as campaigns,
    sum(link.total_clicks)::bigint as total_clicks,
    max(link.last_click_at) as last_click_at,
    sum(greatest(link.total_clicks - coalesce(bots.bot_clicks, 0), 0))::bigint as total_clicks_without_bots
from (
    select
        clicked.campaign_id,
        clicked.url,
        clicked.total_clicks,
        clicked.last_click_at,
        md5(clicked.url)::uuid as url_key
    from stats.link_clicks as clicked
) as link
left join mart.campaign_bot_links as bots
    on link.campaign_id = bots.campaign_id and link.url_key = bots.url_key
group by link.url_key, link.url;
comment on view mart.links is 'Dimension: every link, over all campaigns with it.';
comment on column mart.links.url_key is 'Key: md5 of the link, as in stats.campaign_activities.';
comment on column mart.links.url is 'Link, as Mailchimp gives it.';
comment on column mart.links.url_host is 'Host name in the link; null if the link has none, such as mailto.';
comment on column mart.links.url_path is 'Path in the link; null if the link has no host name.';
comment on column mart.links.utm_source is 'Parameter utm_source of the link, as written; null if missing.';
comment on column mart.links.utm_medium is 'Parameter utm_medium of the link, as written; null if missing.';
comment on column mart.links.utm_campaign is
'Parameter utm_campaign of the link, as written; null if missing.';
comment on column mart.links.campaigns is 'Number of campaign links with this URL.';
comment on column mart.links.total_clicks is 'Clicks, as Mailchimp counts them; repeated clicks included.';
comment on column mart.links.total_clicks_without_bots is
'total_clicks without those that are probably of scanners (mart.campaign_activities.is_suspected_bot).';
comment on column mart.links.last_click_at is 'Time of the newest click; null without one.';
