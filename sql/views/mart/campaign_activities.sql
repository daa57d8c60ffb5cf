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
