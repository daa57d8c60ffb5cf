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
    max(link.last_click_at) as last_click_at
from (
    select
        clicked.url,
        clicked.total_clicks,
        clicked.last_click_at,
        md5(clicked.url)::uuid as url_key
    from stats.link_clicks as clicked
) as link
group by link.url_key, link.url;
comment on view mart.links is 'Dimension: every link over all campaigns that carried it.';
comment on column mart.links.url_key is 'md5 of the URL, as in stats.campaign_activities.';
comment on column mart.links.url is 'The link, verbatim.';
comment on column mart.links.url_host is 'Host of the link.';
comment on column mart.links.url_path is 'Path of the link.';
comment on column mart.links.utm_source is 'Its parameter utm_source, as written.';
comment on column mart.links.utm_medium is 'Its parameter utm_medium, as written.';
comment on column mart.links.utm_campaign is 'Its parameter utm_campaign, as written.';
comment on column mart.links.campaigns is 'Links of campaigns with this URL.';
comment on column mart.links.total_clicks is 'Clicks, repeated ones included, as Mailchimp counts them.';
comment on column mart.links.last_click_at is 'Newest click.';
