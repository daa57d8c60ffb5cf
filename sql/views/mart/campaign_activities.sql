create or replace view mart.campaign_activities as
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
    end as time_since_send_minutes,
    case when event.action = 'click' then event.bot_rule is not null end as is_suspected_bot,
    event.bot_rule
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
'Fact: one row for each open, click or bounce, with the person and the day in the report time zone. Rows '
'last as long as retention keeps events.';
comment on column mart.campaign_activities.campaign_id is 'Campaign: mart.campaigns.';
comment on column mart.campaign_activities.list_id is 'Audience: mart.lists; null if Mailchimp names none.';
comment on column mart.campaign_activities.subscriber_hash is 'Member, together with list_id: mart.members.';
comment on column mart.campaign_activities.contact_key is
'Person: mart.contacts; null until the next refresh_marts.';
comment on column mart.campaign_activities.contact_id is
'Contact of the CRM; null if the member is not ours, and until the next refresh_marts.';
comment on column mart.campaign_activities.action_type is 'Kind of the event: open, click or bounce.';
comment on column mart.campaign_activities.occurred_at is 'Time of the event, to the second.';
comment on column mart.campaign_activities.day is 'Day of the event in the report time zone: mart.dates.';
comment on column mart.campaign_activities.weekday is
'Weekday of the event in the report time zone: 1 Monday to 7 Sunday.';
comment on column mart.campaign_activities.hour is 'Hour of the event in the report time zone: 0 to 23.';
comment on column mart.campaign_activities.url is
'Clicked link, as Mailchimp gives it; null for opens and bounces.';
comment on column mart.campaign_activities.url_key is
'Clicked link over all campaigns: mart.links; null for opens and bounces.';
comment on column mart.campaign_activities.bounce_type is
'Kind of the bounce: hard or soft; null for opens and clicks.';
comment on column mart.campaign_activities.is_proxy_open is
'Whether a mail privacy proxy opened the mail; null if Mailchimp does not say, and for clicks and bounces.';
comment on column mart.campaign_activities.ip_address is
'IP address, as Mailchimp gives it; null if it gives none, and after retention has cleared it.';
comment on column mart.campaign_activities.time_since_send_minutes is
'Minutes from the campaign''s time of sending to the event; null for campaigns without an end.';
comment on column mart.campaign_activities.is_suspected_bot is
'Whether the click is probably of a scanner. Scanners are programs of mail gateways that follow links before '
'a person sees the mail. Null for opens and bounces.';
comment on column mart.campaign_activities.bot_rule is
'Rule that says so: all_links, at_delivery, before_open or shared_network; null if no rule fits.';
