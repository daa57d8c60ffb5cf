create or replace view mart.campaign_clicks as
select
    event.campaign_id,
    event.list_id,
    event.subscriber_hash,
    event.contact_key,
    event.contact_id,
    event.occurred_at,
    event.day,
    event.weekday,
    event.hour,
    event.url_key,
    event.url,
    event.time_since_send_minutes
from mart.campaign_activities as event
where event.action_type = 'click';
comment on view mart.campaign_clicks is
'Fact: one row for each click. Rows last as long as retention keeps events. Counts that stay are in '
'mart.campaign_recipients and mart.link_performance.';
comment on column mart.campaign_clicks.campaign_id is 'The campaign: mart.campaigns.';
comment on column mart.campaign_clicks.list_id is 'The audience: mart.lists.';
comment on column mart.campaign_clicks.subscriber_hash is 'The member, with list_id: mart.members.';
comment on column mart.campaign_clicks.contact_key is 'The person: mart.contacts.';
comment on column mart.campaign_clicks.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.campaign_clicks.occurred_at is 'Time of the click.';
comment on column mart.campaign_clicks.day is 'That day in the report time zone: mart.dates.';
comment on column mart.campaign_clicks.weekday is '1 Monday to 7 Sunday.';
comment on column mart.campaign_clicks.hour is 'Hour of the day, 0 to 23.';
comment on column mart.campaign_clicks.url_key is 'The link over all campaigns: mart.links.';
comment on column mart.campaign_clicks.url is 'The link, verbatim.';
comment on column mart.campaign_clicks.time_since_send_minutes is
'Minutes from sending to the click; null for campaigns without an end.';
