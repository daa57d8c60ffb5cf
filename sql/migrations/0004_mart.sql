-- What BI reads first. Counts per campaign and per member are tables that are caught up from what
-- changed; what joins them to contacts and campaigns are views and one materialized view.

create table mart.setting (
    only_row boolean primary key default true check (only_row),
    report_time_zone text not null default 'UTC',
    caught_up_to timestamptz not null default '-infinity',
    refreshed_at timestamptz
);
insert into mart.setting default values;
comment on table mart.setting is 'One row: how days are cut, and how far the marts have caught up.';
comment on column mart.setting.only_row is 'Always true.';
comment on column mart.setting.report_time_zone is 'Time zone whose days and hours the marts show.';
comment on column mart.setting.caught_up_to is 'Changes of stats up to this moment are in the marts.';
comment on column mart.setting.refreshed_at is 'When the marts were last refreshed.';

create table mart.campaign_engagement (
    campaign_id text primary key references stats.campaigns,
    recipients bigint not null,
    delivered bigint not null,
    openers bigint not null,
    human_openers bigint not null,
    clickers bigint not null,
    opens bigint not null,
    proxy_opens bigint not null,
    clicks bigint not null,
    first_open_at timestamptz,
    last_open_at timestamptz,
    first_click_at timestamptz,
    last_click_at timestamptz,
    median_seconds_to_first_open double precision,
    median_seconds_to_first_human_open double precision,
    refreshed_at timestamptz not null default now()
);
comment on table mart.campaign_engagement is
'Recipients and events of each campaign, counted from ours; caught up campaign by campaign.';
comment on column mart.campaign_engagement.campaign_id is 'The campaign.';
comment on column mart.campaign_engagement.recipients is 'Recipients known to us.';
comment on column mart.campaign_engagement.delivered is 'Of them, those without bounce.';
comment on column mart.campaign_engagement.openers is 'Members who opened, proxies included.';
comment on column mart.campaign_engagement.human_openers is 'Members with an open not known to be by a proxy.';
comment on column mart.campaign_engagement.clickers is 'Members who clicked.';
comment on column mart.campaign_engagement.opens is 'Opens, repeated ones and those by proxies included.';
comment on column mart.campaign_engagement.proxy_opens is 'Opens known to be by a proxy.';
comment on column mart.campaign_engagement.clicks is 'Clicks, repeated ones included.';
comment on column mart.campaign_engagement.first_open_at is 'First open.';
comment on column mart.campaign_engagement.last_open_at is 'Newest open.';
comment on column mart.campaign_engagement.first_click_at is 'First click.';
comment on column mart.campaign_engagement.last_click_at is 'Newest click.';
comment on column mart.campaign_engagement.median_seconds_to_first_open is
'Median over openers of the seconds from sending to their first open.';
comment on column mart.campaign_engagement.median_seconds_to_first_human_open is
'The same without opens known to be by a proxy.';
comment on column mart.campaign_engagement.refreshed_at is 'When the row was last counted.';

create table mart.member_engagement (
    list_id text not null,
    subscriber_hash text not null,
    campaigns_received bigint not null,
    campaigns_delivered bigint not null,
    campaigns_opened bigint not null,
    campaigns_human_opened bigint not null,
    campaigns_clicked bigint not null,
    opens bigint not null,
    proxy_opens bigint not null,
    clicks bigint not null,
    hard_bounces bigint not null,
    soft_bounces bigint not null,
    unsubscribes bigint not null,
    abuse_reports bigint not null,
    first_sent_at timestamptz,
    last_sent_at timestamptz,
    first_open_at timestamptz,
    last_open_at timestamptz,
    first_human_open_at timestamptz,
    first_click_at timestamptz,
    last_click_at timestamptz,
    last_unsubscribed_at timestamptz,
    refreshed_at timestamptz not null default now(),
    primary key (list_id, subscriber_hash)
);
comment on table mart.member_engagement is
'Each member of each audience over all its campaigns; caught up member by member.';
comment on column mart.member_engagement.list_id is 'The audience.';
comment on column mart.member_engagement.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column mart.member_engagement.campaigns_received is 'Campaigns sent to the member.';
comment on column mart.member_engagement.campaigns_delivered is 'Of them, those without bounce.';
comment on column mart.member_engagement.campaigns_opened is 'Campaigns opened, by proxies too.';
comment on column mart.member_engagement.campaigns_human_opened is
'Campaigns with an open not known to be by a proxy.';
comment on column mart.member_engagement.campaigns_clicked is 'Campaigns clicked in.';
comment on column mart.member_engagement.opens is 'Opens, repeated ones and those by proxies included.';
comment on column mart.member_engagement.proxy_opens is 'Opens known to be by a proxy.';
comment on column mart.member_engagement.clicks is 'Clicks, repeated ones included.';
comment on column mart.member_engagement.hard_bounces is 'Permanent delivery failures.';
comment on column mart.member_engagement.soft_bounces is 'Temporary delivery failures.';
comment on column mart.member_engagement.unsubscribes is 'Campaigns the member unsubscribed through.';
comment on column mart.member_engagement.abuse_reports is 'Complaints.';
comment on column mart.member_engagement.first_sent_at is 'First campaign sent to the member.';
comment on column mart.member_engagement.last_sent_at is 'Newest campaign sent to the member.';
comment on column mart.member_engagement.first_open_at is 'First open.';
comment on column mart.member_engagement.last_open_at is 'Newest open.';
comment on column mart.member_engagement.first_human_open_at is 'First open not known to be by a proxy.';
comment on column mart.member_engagement.first_click_at is 'First click.';
comment on column mart.member_engagement.last_click_at is 'Newest click.';
comment on column mart.member_engagement.last_unsubscribed_at is 'Newest unsubscribe.';
comment on column mart.member_engagement.refreshed_at is 'When the row was last counted.';

-- ---------------------------------------------------------------- campaigns

create view mart.campaign_performance as
select
    campaign.campaign_id,
    campaign.list_id,
    campaign.list_name,
    campaign.type as campaign_type,
    campaign.status,
    campaign.title as campaign_title,
    campaign.subject_line,
    campaign.sent_at,
    (campaign.sent_at at time zone setting.report_time_zone)::date as sent_on,
    report.emails_sent,
    report.hard_bounces,
    report.soft_bounces,
    report.delivered,
    report.opens_total as opens,
    report.unique_opens,
    engagement.human_openers as unique_opens_without_proxy,
    report.clicks_total as clicks,
    report.unique_clicks as unique_link_clicks,
    report.unique_subscriber_clicks as unique_clicks,
    report.unsubscribed as unsubscribes,
    report.abuse_reports,
    report.forwards_count as forwards,
    round(report.delivered::numeric / nullif(report.emails_sent, 0), 4) as delivery_rate,
    round(report.unique_opens::numeric / nullif(report.delivered, 0), 4) as open_rate,
    round(engagement.human_openers::numeric / nullif(report.delivered, 0), 4) as open_rate_without_proxy,
    round(report.unique_subscriber_clicks::numeric / nullif(report.delivered, 0), 4) as click_rate,
    round(
        report.unique_subscriber_clicks::numeric / nullif(report.unique_opens, 0), 4
    ) as click_to_open_rate,
    round(report.unsubscribed::numeric / nullif(report.delivered, 0), 4) as unsubscribe_rate,
    engagement.first_open_at,
    report.last_open_at,
    engagement.first_click_at,
    report.last_click_at,
    engagement.median_seconds_to_first_open,
    engagement.median_seconds_to_first_human_open,
    report.taken_at as reported_at
from stats.campaigns as campaign
cross join mart.setting as setting
inner join lateral (
    select
        latest.*,
        greatest(latest.emails_sent - latest.hard_bounces - latest.soft_bounces, 0) as delivered
    from stats.latest_report as latest
    where latest.campaign_id = campaign.campaign_id
) as report on true
left join mart.campaign_engagement as engagement on campaign.campaign_id = engagement.campaign_id;
comment on view mart.campaign_performance is
'Each sent campaign with Mailchimp''s figures and rates per delivered mail (0 to 1).';
comment on column mart.campaign_performance.campaign_id is 'The campaign.';
comment on column mart.campaign_performance.list_id is 'The audience.';
comment on column mart.campaign_performance.list_name is 'Name of the audience.';
comment on column mart.campaign_performance.campaign_type is 'regular, plaintext, absplit, rss, variate, …';
comment on column mart.campaign_performance.status is 'State of the campaign in Mailchimp.';
comment on column mart.campaign_performance.campaign_title is 'Internal title.';
comment on column mart.campaign_performance.subject_line is 'Subject as recipients see it.';
comment on column mart.campaign_performance.sent_at is 'When it was sent.';
comment on column mart.campaign_performance.sent_on is 'Day of sending in the report time zone.';
comment on column mart.campaign_performance.emails_sent is 'Mails sent.';
comment on column mart.campaign_performance.hard_bounces is 'Permanent delivery failures.';
comment on column mart.campaign_performance.soft_bounces is 'Temporary delivery failures.';
comment on column mart.campaign_performance.delivered is 'Mails sent less bounces.';
comment on column mart.campaign_performance.opens is 'Opens, repeated ones and those by proxies included.';
comment on column mart.campaign_performance.unique_opens is 'Members who opened, proxies included.';
comment on column mart.campaign_performance.unique_opens_without_proxy is
'Members with an open not known to be by a proxy, counted from events.';
comment on column mart.campaign_performance.clicks is 'Clicks, repeated ones included.';
comment on column mart.campaign_performance.unique_link_clicks is 'Distinct pairs of member and link.';
comment on column mart.campaign_performance.unique_clicks is 'Members who clicked.';
comment on column mart.campaign_performance.unsubscribes is 'Members who unsubscribed through it.';
comment on column mart.campaign_performance.abuse_reports is 'Complaints.';
comment on column mart.campaign_performance.forwards is 'Times it was forwarded.';
comment on column mart.campaign_performance.delivery_rate is 'delivered per mail sent.';
comment on column mart.campaign_performance.open_rate is 'unique_opens per delivered mail.';
comment on column mart.campaign_performance.open_rate_without_proxy is
'unique_opens_without_proxy per delivered mail.';
comment on column mart.campaign_performance.click_rate is 'unique_clicks per delivered mail.';
comment on column mart.campaign_performance.click_to_open_rate is 'unique_clicks per unique open.';
comment on column mart.campaign_performance.unsubscribe_rate is 'unsubscribes per delivered mail.';
comment on column mart.campaign_performance.first_open_at is 'First open.';
comment on column mart.campaign_performance.last_open_at is 'Newest open.';
comment on column mart.campaign_performance.first_click_at is 'First click.';
comment on column mart.campaign_performance.last_click_at is 'Newest click.';
comment on column mart.campaign_performance.median_seconds_to_first_open is
'Median over openers of the seconds from sending to their first open.';
comment on column mart.campaign_performance.median_seconds_to_first_human_open is
'The same without opens known to be by a proxy.';
comment on column mart.campaign_performance.reported_at is 'When the figures were read.';

-- ---------------------------------------------------------------- who read it

create view mart.campaign_contacts as
select
    recipient.campaign_id,
    recipient.list_id,
    member.contact_id,
    recipient.subscriber_hash,
    recipient.delivery_status,
    coalesce(engagement.opens, 0) as opens,
    coalesce(engagement.opens - engagement.proxy_opens, 0) as opens_without_proxy,
    coalesce(engagement.clicks, 0) as clicks,
    engagement.first_open_at,
    engagement.last_open_at,
    engagement.first_click_at,
    engagement.last_click_at,
    unsubscribe.unsubscribed_at,
    unsubscribe.reason as unsubscribe_reason
from stats.campaign_recipients as recipient
left join stats.recipient_engagement as engagement
    on
        recipient.campaign_id = engagement.campaign_id
        and recipient.subscriber_hash = engagement.subscriber_hash
left join stats.campaign_unsubscribes as unsubscribe
    on
        recipient.campaign_id = unsubscribe.campaign_id
        and recipient.subscriber_hash = unsubscribe.subscriber_hash
left join sync.member as member
    on recipient.list_id = member.list_id and recipient.subscriber_hash = member.subscriber_hash;
comment on view mart.campaign_contacts is
'Who was sent a campaign, who read it, how often, and what followed; contact_id where it is known.';
comment on column mart.campaign_contacts.campaign_id is 'The campaign.';
comment on column mart.campaign_contacts.list_id is 'The audience.';
comment on column mart.campaign_contacts.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.campaign_contacts.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column mart.campaign_contacts.delivery_status is 'sent, or the kind of bounce: hard, soft.';
comment on column mart.campaign_contacts.opens is 'Opens, repeated ones and those by proxies included.';
comment on column mart.campaign_contacts.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.campaign_contacts.clicks is 'Clicks, repeated ones included.';
comment on column mart.campaign_contacts.first_open_at is 'First open.';
comment on column mart.campaign_contacts.last_open_at is 'Newest open.';
comment on column mart.campaign_contacts.first_click_at is 'First click.';
comment on column mart.campaign_contacts.last_click_at is 'Newest click.';
comment on column mart.campaign_contacts.unsubscribed_at is 'When the member unsubscribed through it.';
comment on column mart.campaign_contacts.unsubscribe_reason is 'Reason the member gave.';

create materialized view mart.contact_engagement as
with known as (
    select
        engagement.*,
        member.contact_id,
        case
            when member.contact_id is null then 'member ' || engagement.subscriber_hash
            else 'contact ' || member.contact_id
        end as engagement_key
    from mart.member_engagement as engagement
    left join sync.member as member
        on
            engagement.list_id = member.list_id
            and engagement.subscriber_hash = member.subscriber_hash
)

select
    engagement_key,
    max(contact_id) as contact_id,
    case when max(contact_id) is null then max(subscriber_hash) end as subscriber_hash,
    count(distinct list_id) as audiences,
    sum(campaigns_received)::bigint as campaigns_received,
    sum(campaigns_delivered)::bigint as campaigns_delivered,
    sum(campaigns_opened)::bigint as campaigns_opened,
    sum(campaigns_human_opened)::bigint as campaigns_opened_without_proxy,
    sum(campaigns_clicked)::bigint as campaigns_clicked,
    sum(opens)::bigint as opens,
    sum(opens - proxy_opens)::bigint as opens_without_proxy,
    sum(clicks)::bigint as clicks,
    sum(hard_bounces)::bigint as hard_bounces,
    sum(soft_bounces)::bigint as soft_bounces,
    sum(unsubscribes)::bigint as unsubscribes,
    sum(abuse_reports)::bigint as abuse_reports,
    min(first_sent_at) as first_sent_at,
    max(last_sent_at) as last_sent_at,
    min(first_open_at) as first_open_at,
    max(last_open_at) as last_open_at,
    min(first_human_open_at) as first_open_without_proxy_at,
    min(first_click_at) as first_click_at,
    max(last_click_at) as last_click_at,
    max(last_unsubscribed_at) as last_unsubscribed_at,
    round(sum(campaigns_opened) / nullif(sum(campaigns_delivered), 0), 4) as open_rate,
    round(
        sum(campaigns_human_opened) / nullif(sum(campaigns_delivered), 0), 4
    ) as open_rate_without_proxy,
    round(sum(campaigns_clicked) / nullif(sum(campaigns_delivered), 0), 4) as click_rate
from known
group by engagement_key;
create unique index on mart.contact_engagement (engagement_key);
create index on mart.contact_engagement (contact_id);
comment on materialized view mart.contact_engagement is
'Each contact over all audiences and campaigns: who read, how often, first and last, clicks. Members '
'that the CRM does not know have a row of their own.';
comment on column mart.contact_engagement.engagement_key is 'Key of the row.';
comment on column mart.contact_engagement.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.contact_engagement.subscriber_hash is 'The member, where no contact is known.';
comment on column mart.contact_engagement.audiences is 'Audiences in which campaigns went to the contact.';
comment on column mart.contact_engagement.campaigns_received is 'Campaigns sent.';
comment on column mart.contact_engagement.campaigns_delivered is 'Of them, those without bounce.';
comment on column mart.contact_engagement.campaigns_opened is 'Campaigns opened, by proxies too.';
comment on column mart.contact_engagement.campaigns_opened_without_proxy is
'Campaigns with an open not known to be by a proxy.';
comment on column mart.contact_engagement.campaigns_clicked is 'Campaigns clicked in.';
comment on column mart.contact_engagement.opens is 'Opens, repeated ones and those by proxies included.';
comment on column mart.contact_engagement.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.contact_engagement.clicks is 'Clicks, repeated ones included.';
comment on column mart.contact_engagement.hard_bounces is 'Permanent delivery failures.';
comment on column mart.contact_engagement.soft_bounces is 'Temporary delivery failures.';
comment on column mart.contact_engagement.unsubscribes is 'Campaigns unsubscribed through.';
comment on column mart.contact_engagement.abuse_reports is 'Complaints.';
comment on column mart.contact_engagement.first_sent_at is 'First campaign sent.';
comment on column mart.contact_engagement.last_sent_at is 'Newest campaign sent.';
comment on column mart.contact_engagement.first_open_at is 'First open.';
comment on column mart.contact_engagement.last_open_at is 'Newest open.';
comment on column mart.contact_engagement.first_open_without_proxy_at is 'First open not known to be by a proxy.';
comment on column mart.contact_engagement.first_click_at is 'First click.';
comment on column mart.contact_engagement.last_click_at is 'Newest click.';
comment on column mart.contact_engagement.last_unsubscribed_at is 'Newest unsubscribe.';
comment on column mart.contact_engagement.open_rate is 'Campaigns opened per campaign delivered.';
comment on column mart.contact_engagement.open_rate_without_proxy is 'The same without opens known to be by a proxy.';
comment on column mart.contact_engagement.click_rate is 'Campaigns clicked in per campaign delivered.';

-- ---------------------------------------------------------------- links

create view mart.link_performance as
select
    link.campaign_id,
    link.link_id,
    link.url,
    substring(link.url from '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)') as url_host,
    campaign.list_id,
    campaign.title as campaign_title,
    campaign.sent_at,
    (campaign.sent_at at time zone setting.report_time_zone)::date as sent_on,
    link.total_clicks,
    link.unique_clicks,
    link.last_click_at,
    round(link.total_clicks::numeric / nullif(report.clicks_total, 0), 4) as click_share,
    round(
        link.unique_clicks::numeric
        / nullif(greatest(report.emails_sent - report.hard_bounces - report.soft_bounces, 0), 0), 4
    ) as click_rate,
    rank() over (partition by link.campaign_id order by link.total_clicks desc) as rank_in_campaign
from stats.link_clicks as link
inner join stats.campaigns as campaign on link.campaign_id = campaign.campaign_id
inner join stats.latest_report as report on link.campaign_id = report.campaign_id
cross join mart.setting as setting;
comment on view mart.link_performance is 'Each link of each campaign: clicks, who clicked, its part of all clicks.';
comment on column mart.link_performance.campaign_id is 'The campaign.';
comment on column mart.link_performance.link_id is 'Mailchimp''s id of the link within the campaign.';
comment on column mart.link_performance.url is 'The link, verbatim.';
comment on column mart.link_performance.url_host is 'Host of the link.';
comment on column mart.link_performance.list_id is 'The audience.';
comment on column mart.link_performance.campaign_title is 'Internal title of the campaign.';
comment on column mart.link_performance.sent_at is 'When the campaign was sent.';
comment on column mart.link_performance.sent_on is 'Day of sending in the report time zone.';
comment on column mart.link_performance.total_clicks is 'Clicks, repeated ones included.';
comment on column mart.link_performance.unique_clicks is 'Members who clicked it.';
comment on column mart.link_performance.last_click_at is 'Newest click.';
comment on column mart.link_performance.click_share is 'Its part of the campaign''s clicks (0 to 1).';
comment on column mart.link_performance.click_rate is 'unique_clicks per delivered mail (0 to 1).';
comment on column mart.link_performance.rank_in_campaign is '1 is the most clicked link.';
