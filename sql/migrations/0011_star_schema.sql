-- The views of the star schema: facts and dimensions under the names that analysts know, and what is
-- told of campaigns, links and departures.

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
    (campaign.counted_at at time zone setting.report_time_zone)::date as sent_on,
    report.emails_sent,
    report.hard_bounces,
    report.soft_bounces,
    report.delivered,
    report.opens_total as opens,
    report.unique_opens,
    human.openers as unique_opens_without_proxy,
    report.clicks_total as clicks,
    report.unique_clicks as unique_link_clicks,
    report.unique_subscriber_clicks as unique_clicks,
    report.unsubscribed as unsubscribes,
    report.abuse_reports,
    report.forwards_count as forwards,
    round(report.delivered::numeric / nullif(report.emails_sent, 0), 4) as delivery_rate,
    round(report.unique_opens::numeric / nullif(report.delivered, 0), 4) as open_rate,
    round(human.openers::numeric / nullif(report.delivered, 0), 4) as open_rate_without_proxy,
    round(report.unique_subscriber_clicks::numeric / nullif(report.delivered, 0), 4) as click_rate,
    round(
        report.unique_subscriber_clicks::numeric / nullif(report.unique_opens, 0), 4
    ) as click_to_open_rate,
    round(
        report.unique_subscriber_clicks::numeric / nullif(human.openers, 0), 4
    ) as click_to_open_rate_without_proxy,
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
left join mart.campaign_engagement as engagement on campaign.campaign_id = engagement.campaign_id
cross join
    lateral (
        values (coalesce(report.proxy_excluded_unique_opens, engagement.human_openers))
    ) as human (openers)
where not campaign.is_series;
comment on view mart.campaign_performance is
'Each sent campaign (of an RSS campaign each mail, not the whole) with Mailchimp''s figures and rates per '
'delivered mail (0 to 1).';
comment on column mart.campaign_performance.campaign_id is 'The campaign.';
comment on column mart.campaign_performance.list_id is 'The audience.';
comment on column mart.campaign_performance.list_name is 'Name of the audience.';
comment on column mart.campaign_performance.campaign_type is 'regular, plaintext, absplit, rss, variate, …';
comment on column mart.campaign_performance.status is 'State of the campaign in Mailchimp.';
comment on column mart.campaign_performance.campaign_title is 'Internal title.';
comment on column mart.campaign_performance.subject_line is 'Subject as recipients see it.';
comment on column mart.campaign_performance.sent_at is 'When it was sent.';
comment on column mart.campaign_performance.sent_on is
'Day of sending in the report time zone; of creation where Mailchimp gives no time of sending.';
comment on column mart.campaign_performance.emails_sent is 'Mails sent.';
comment on column mart.campaign_performance.hard_bounces is 'Permanent delivery failures.';
comment on column mart.campaign_performance.soft_bounces is 'Temporary delivery failures.';
comment on column mart.campaign_performance.delivered is 'Mails sent less bounces.';
comment on column mart.campaign_performance.opens is 'Opens, repeated ones and those by proxies included.';
comment on column mart.campaign_performance.unique_opens is 'Members who opened, proxies included.';
comment on column mart.campaign_performance.unique_opens_without_proxy is
'Members with an open not by a proxy: Mailchimp''s figure, or where it gives none ours from events.';
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
comment on column mart.campaign_performance.click_to_open_rate is
'unique_clicks per unique open, proxies included, which make it small.';
comment on column mart.campaign_performance.click_to_open_rate_without_proxy is
'unique_clicks per unique_opens_without_proxy.';
comment on column mart.campaign_performance.unsubscribe_rate is 'unsubscribes per delivered mail.';
comment on column mart.campaign_performance.first_open_at is 'First open.';
comment on column mart.campaign_performance.last_open_at is 'Newest open.';
comment on column mart.campaign_performance.first_click_at is 'First click.';
comment on column mart.campaign_performance.last_click_at is 'Newest click.';
comment on column mart.campaign_performance.median_seconds_to_first_open is
'Median over openers of the seconds from sending to their first open; null for campaigns without an end.';
comment on column mart.campaign_performance.median_seconds_to_first_human_open is
'The same without opens known to be by a proxy.';
comment on column mart.campaign_performance.reported_at is 'When the figures were read.';

-- ---------------------------------------------------------------- who read it

create view mart.campaign_recipients as
select
    recipient.campaign_id,
    recipient.list_id,
    recipient.subscriber_hash,
    member.contact_key,
    member.contact_id,
    recipient.delivery_status,
    recipient.absplit_group,
    campaign.sent_at,
    (campaign.counted_at at time zone setting.report_time_zone)::date as sent_on,
    mail.received_at,
    coalesce(engagement.opens, 0) as opens,
    coalesce(engagement.opens - engagement.proxy_opens, 0) as opens_without_proxy,
    coalesce(engagement.clicks, 0) as clicks,
    coalesce(engagement.links_clicked, 0) as unique_clicks,
    coalesce(engagement.opens > 0, false) as was_opened,
    coalesce(engagement.opens > engagement.proxy_opens, false) as was_opened_without_proxy,
    coalesce(engagement.clicks > 0, false) as was_clicked,
    unsubscribe.campaign_id is not null as was_unsubscribed,
    engagement.first_open_at,
    engagement.last_open_at,
    engagement.first_human_open_at as first_open_without_proxy_at,
    engagement.first_click_at,
    engagement.last_click_at,
    case
        when not campaign.is_ongoing
            then round(extract(epoch from engagement.first_open_at - campaign.sent_at) / 60, 1)
    end as time_to_open_minutes,
    unsubscribe.unsubscribed_at,
    unsubscribe.reason as unsubscribe_reason
from stats.campaign_recipients as recipient
inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
cross join mart.setting as setting
left join stats.recipient_engagement as engagement
    on
        recipient.campaign_id = engagement.campaign_id
        and recipient.subscriber_hash = engagement.subscriber_hash
left join stats.campaign_unsubscribes as unsubscribe
    on
        recipient.campaign_id = unsubscribe.campaign_id
        and recipient.subscriber_hash = unsubscribe.subscriber_hash
left join mart.members as member
    on recipient.list_id = member.list_id and recipient.subscriber_hash = member.subscriber_hash
cross join
    lateral (
        values (
            mart.received_at(
                campaign, recipient,
                least(
                    engagement.first_open_at, engagement.first_click_at, unsubscribe.unsubscribed_at
                )
            )
        )
    ) as mail (received_at);
comment on view mart.campaign_recipients is
'Fact: one row a mail sent to a member, with who it was, whether they read it, how often, what followed.';
comment on column mart.campaign_recipients.campaign_id is 'The campaign: stats.campaigns, mart.campaigns.';
comment on column mart.campaign_recipients.list_id is 'The audience: mart.lists.';
comment on column mart.campaign_recipients.subscriber_hash is 'The member, with list_id: mart.members.';
comment on column mart.campaign_recipients.contact_key is 'The person: mart.contacts.';
comment on column mart.campaign_recipients.contact_id is
'Contact of the CRM; null if the member is not ours.';
comment on column mart.campaign_recipients.delivery_status is 'sent, or the kind of bounce: hard, soft.';
comment on column mart.campaign_recipients.absplit_group is
'A/B group: a, b, winner, or a combination''s id.';
comment on column mart.campaign_recipients.sent_at is 'When the campaign was sent.';
comment on column mart.campaign_recipients.sent_on is 'That day in the report time zone: mart.dates.';
comment on column mart.campaign_recipients.received_at is
'When the mail was received: the time of sending; of a campaign without an end as mart.received_at finds it.';
comment on column mart.campaign_recipients.opens is
'Opens, repeated ones and those by proxies included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.campaign_recipients.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.campaign_recipients.clicks is
'Clicks, repeated ones included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.campaign_recipients.unique_clicks is 'Different links clicked.';
comment on column mart.campaign_recipients.was_opened is 'Whether there is an open, by a proxy too.';
comment on column mart.campaign_recipients.was_opened_without_proxy is
'Whether there is an open not known to be by a proxy.';
comment on column mart.campaign_recipients.was_clicked is 'Whether there is a click.';
comment on column mart.campaign_recipients.was_unsubscribed is 'Whether the member unsubscribed through it.';
comment on column mart.campaign_recipients.first_open_at is 'First open.';
comment on column mart.campaign_recipients.last_open_at is 'Newest open.';
comment on column mart.campaign_recipients.first_open_without_proxy_at is
'First open not known to be by a proxy.';
comment on column mart.campaign_recipients.first_click_at is 'First click.';
comment on column mart.campaign_recipients.last_click_at is 'Newest click.';
comment on column mart.campaign_recipients.time_to_open_minutes is
'Minutes from sending to the first open; null for campaigns without an end.';
comment on column mart.campaign_recipients.unsubscribed_at is 'When the member unsubscribed through it.';
comment on column mart.campaign_recipients.unsubscribe_reason is 'Reason the member gave.';

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
    rank() over (partition by link.campaign_id order by link.total_clicks desc) as rank_in_campaign
from stats.link_clicks as link
inner join stats.campaigns as campaign on link.campaign_id = campaign.campaign_id
inner join stats.latest_report as report on link.campaign_id = report.campaign_id
cross join mart.setting as setting;
comment on view mart.link_performance is
'Each link of each campaign: clicks, who clicked, its part of all clicks.';
comment on column mart.link_performance.campaign_id is 'The campaign.';
comment on column mart.link_performance.link_id is 'Mailchimp''s id of the link within the campaign.';
comment on column mart.link_performance.url is 'The link, verbatim.';
comment on column mart.link_performance.url_host is 'Host of the link.';
comment on column mart.link_performance.list_id is 'The audience.';
comment on column mart.link_performance.campaign_title is 'Internal title of the campaign.';
comment on column mart.link_performance.sent_at is 'When the campaign was sent.';
comment on column mart.link_performance.sent_on is 'Day of sending in the report time zone.';
comment on column mart.link_performance.url_key is 'The link over all campaigns: mart.links.';
comment on column mart.link_performance.total_clicks is 'Clicks, repeated ones included.';
comment on column mart.link_performance.unique_clicks is 'Members who clicked it.';
comment on column mart.link_performance.last_click_at is 'Newest click.';
comment on column mart.link_performance.click_share is 'Its part of the campaign''s clicks (0 to 1).';
comment on column mart.link_performance.click_rate is 'unique_clicks per delivered mail (0 to 1).';
comment on column mart.link_performance.rank_in_campaign is '1 is the most clicked link.';
