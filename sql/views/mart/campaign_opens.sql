create or replace view mart.campaign_opens as
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
    event.is_proxy_open,
    event.time_since_send_minutes
from mart.campaign_activities as event
where event.action_type = 'open';
comment on view mart.campaign_opens is
'Fact: one row for each open. Rows last as long as retention keeps events. Counts that stay are in '
'mart.campaign_recipients.';
comment on column mart.campaign_opens.campaign_id is 'The campaign: mart.campaigns.';
comment on column mart.campaign_opens.list_id is 'The audience: mart.lists.';
comment on column mart.campaign_opens.subscriber_hash is 'The member, with list_id: mart.members.';
comment on column mart.campaign_opens.contact_key is 'The person: mart.contacts.';
comment on column mart.campaign_opens.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.campaign_opens.occurred_at is 'Time of the open.';
comment on column mart.campaign_opens.day is 'That day in the report time zone: mart.dates.';
comment on column mart.campaign_opens.weekday is '1 Monday to 7 Sunday.';
comment on column mart.campaign_opens.hour is 'Hour of the day, 0 to 23.';
comment on column mart.campaign_opens.is_proxy_open is
'Whether a mail program opened it by itself; null: Mailchimp has not said so yet.';
comment on column mart.campaign_opens.time_since_send_minutes is
'Minutes from sending to the open; null for campaigns without an end.';
