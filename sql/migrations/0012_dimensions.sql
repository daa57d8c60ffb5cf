-- Dimensions of the star schema, and events with their keys.

-- ---------------------------------------------------------------- dimensions

create view mart.campaigns as
select
    campaign.campaign_id,
    campaign.parent_campaign_id,
    campaign.is_series,
    campaign.is_ongoing,
    campaign.list_id,
    campaign.type as campaign_type,
    campaign.status,
    campaign.title,
    campaign.subject_line,
    campaign.preview_text,
    campaign.from_name,
    campaign.content_type,
    campaign.segment_text,
    campaign.archive_url,
    campaign.created_at,
    campaign.sent_at,
    (campaign.counted_at at time zone setting.report_time_zone)::date as sent_on,
    extract(isodow from campaign.sent_at at time zone setting.report_time_zone)::integer as sent_weekday,
    extract(hour from campaign.sent_at at time zone setting.report_time_zone)::integer as sent_hour
from stats.campaigns as campaign
cross join mart.setting as setting;
comment on view mart.campaigns is
'Dimension: every campaign, sent or not, with its days in the report time zone; its figures are in '
'mart.campaign_performance.';
comment on column mart.campaigns.campaign_id is 'The campaign.';
comment on column mart.campaigns.parent_campaign_id is
'Campaign that this one is a mail of (RSS), or that it repeats (resend); null: it stands alone.';
comment on column mart.campaigns.is_series is
'Whether it sends nothing itself (RSS): its mails are the campaigns with this parent. No fact is about it.';
comment on column mart.campaigns.is_ongoing is
'Whether it has no end, as an automation: each recipient gets it at a time of their own.';
comment on column mart.campaigns.list_id is 'The audience: mart.lists.';
comment on column mart.campaigns.campaign_type is 'regular, plaintext, absplit, rss, variate, …';
comment on column mart.campaigns.status is 'State of the campaign in Mailchimp.';
comment on column mart.campaigns.title is 'Internal title.';
comment on column mart.campaigns.subject_line is 'Subject as recipients see it.';
comment on column mart.campaigns.preview_text is 'Line that mail programs show after the subject.';
comment on column mart.campaigns.from_name is 'Name of the sender.';
comment on column mart.campaigns.content_type is 'How the body was made.';
comment on column mart.campaigns.segment_text is 'Mailchimp''s description of the segment it went to.';
comment on column mart.campaigns.archive_url is 'Public page that shows the mail.';
comment on column mart.campaigns.created_at is 'When it was created.';
comment on column mart.campaigns.sent_at is
'When it was sent; null before, and where Mailchimp does not say.';
comment on column mart.campaigns.sent_on is
'Day of sending: mart.dates; of creation where there is no time of sending.';
comment on column mart.campaigns.sent_weekday is '1 Monday to 7 Sunday.';
comment on column mart.campaigns.sent_hour is 'Hour of sending, 0 to 23.';

create view mart.lists as
select
    list.list_id,
    coalesce(list.name, newest.list_name) as name,
    audience.collection_code,
    list.created_at,
    list.member_count,
    list.unsubscribe_count,
    list.cleaned_count,
    list.gone_at,
    coalesce(sent.campaigns, 0) as campaigns_sent,
    sent.last_sent_at
from stats.lists as list
left join sync.audience as audience on list.list_id = audience.list_id
left join lateral (
    select
        count(*) as campaigns,
        max(campaign.counted_at) as last_sent_at
    from stats.campaigns as campaign
    where
        campaign.list_id = list.list_id
        and not campaign.is_series
        and exists (
            select from stats.report_snapshots as report
            where report.campaign_id = campaign.campaign_id
        )
) as sent on true
left join lateral (
    select campaign.list_name
    from stats.campaigns as campaign
    where campaign.list_id = list.list_id and campaign.list_name is not null
    order by campaign.counted_at desc
    limit 1
) as newest on true;
comment on view mart.lists is 'Dimension: audiences, with the CRM''s collection where it is ours.';
comment on column mart.lists.list_id is 'The audience.';
comment on column mart.lists.name is 'Its name.';
comment on column mart.lists.collection_code is 'Contact collection of the CRM; null if not ours.';
comment on column mart.lists.created_at is 'When it was created.';
comment on column mart.lists.member_count is 'Subscribed members, as Mailchimp last counted them.';
comment on column mart.lists.unsubscribe_count is
'Members that unsubscribed, as Mailchimp last counted them.';
comment on column mart.lists.cleaned_count is 'Members cleaned, as Mailchimp last counted them.';
comment on column mart.lists.gone_at is 'When Mailchimp was first found to list it no more.';
comment on column mart.lists.campaigns_sent is 'Campaigns sent to it.';
comment on column mart.lists.last_sent_at is 'Newest campaign.';

create view mart.links as
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

create view mart.dates as
select
    day::date as day,
    extract(isodow from day)::integer as weekday,
    to_char(day, 'IYYY-"W"IW') as iso_week,
    date_trunc('month', day)::date as month,
    to_char(day, 'YYYY-"Q"Q') as quarter,
    extract(year from day)::integer as year
-- Timestamps without zone: days of the report time zone, whatever the session's is.
from (
    select
        date_trunc('year', min(moment.at at time zone setting.report_time_zone)) as first_day,
        date_trunc('year', max(moment.at at time zone setting.report_time_zone))
        + interval '1 year' - interval '1 day' as last_day
    from (
        select now() as at
        union all
        select min(counted_at) as at from stats.campaigns
        union all
        select max(counted_at) as at from stats.campaigns
        union all
        select min(began_at) as at from mart.campaign_quarter_hours
        union all
        select max(began_at) as at from mart.campaign_quarter_hours
    ) as moment
    cross join mart.setting as setting
) as known
cross join generate_series(first_day, last_day, interval '1 day') as series (day);
comment on view mart.dates is
'Dimension: days of the report time zone, from the year of the first campaign to the end of the newest year.';
comment on column mart.dates.day is 'The day.';
comment on column mart.dates.weekday is '1 Monday to 7 Sunday.';
comment on column mart.dates.iso_week is 'ISO week, such as 2026-W47.';
comment on column mart.dates.month is 'First day of the month.';
comment on column mart.dates.quarter is 'Quarter, such as 2026-Q4.';
comment on column mart.dates.year is 'The year.';

-- ---------------------------------------------------------------- events

create view mart.campaign_activities as
select
    event.campaign_id,
    event.list_id,
    event.subscriber_hash,
    member.contact_key,
    member.contact_id,
    event.action as action_type,
    event.occurred_at,
    moments.local_at::date as day,
    extract(isodow from moments.local_at)::integer as weekday,
    extract(hour from moments.local_at)::integer as hour,
    event.url,
    case when event.action = 'click' then event.url_key end as url_key,
    event.bounce_type,
    event.is_proxy_open,
    event.ip as ip_address,
    case
        when not campaign.is_ongoing
            then round(extract(epoch from event.occurred_at - campaign.sent_at) / 60, 1)
    end as time_since_send_minutes
from stats.campaign_activities as event
inner join stats.campaigns as campaign on event.campaign_id = campaign.campaign_id
cross join mart.setting as setting
cross join
    lateral (
        values (event.occurred_at at time zone setting.report_time_zone)
    ) as moments (local_at)
left join mart.members as member
    on event.list_id = member.list_id and event.subscriber_hash = member.subscriber_hash;
comment on view mart.campaign_activities is
'Fact: one row an open, click or bounce, with the person and the day in the report time zone; as long as '
'retention keeps events.';
comment on column mart.campaign_activities.campaign_id is 'The campaign: mart.campaigns.';
comment on column mart.campaign_activities.list_id is 'The audience: mart.lists.';
comment on column mart.campaign_activities.subscriber_hash is 'The member, with list_id: mart.members.';
comment on column mart.campaign_activities.contact_key is 'The person: mart.contacts.';
comment on column mart.campaign_activities.contact_id is
'Contact of the CRM; null if the member is not ours.';
comment on column mart.campaign_activities.action_type is 'open, click or bounce.';
comment on column mart.campaign_activities.occurred_at is 'When it happened, to the second.';
comment on column mart.campaign_activities.day is 'That day in the report time zone: mart.dates.';
comment on column mart.campaign_activities.weekday is '1 Monday to 7 Sunday.';
comment on column mart.campaign_activities.hour is 'Hour of the day, 0 to 23.';
comment on column mart.campaign_activities.url is 'Link clicked, verbatim; null for opens and bounces.';
comment on column mart.campaign_activities.url_key is 'The link over all campaigns: mart.links.';
comment on column mart.campaign_activities.bounce_type is 'hard or soft, for bounces.';
comment on column mart.campaign_activities.is_proxy_open is
'Whether a mail privacy proxy opened it; null where the API does not say.';
comment on column mart.campaign_activities.ip_address is 'IP address, verbatim; retention clears it.';
comment on column mart.campaign_activities.time_since_send_minutes is
'Minutes since the campaign was sent; null for campaigns without an end.';
