create or replace view mart.campaign_unsubscribes as
select
    unsubscribe.campaign_id,
    unsubscribe.list_id,
    unsubscribe.subscriber_hash,
    member.contact_key,
    member.contact_id,
    unsubscribe.unsubscribed_at,
    (unsubscribe.unsubscribed_at at time zone setting.report_time_zone)::date as day,
    unsubscribe.reason
from stats.campaign_unsubscribes as unsubscribe
cross join mart.setting as setting
left join mart.members as member
    on unsubscribe.list_id = member.list_id and unsubscribe.subscriber_hash = member.subscriber_hash;
comment on view mart.campaign_unsubscribes is
'Fact: one row for each unsubscribe through a campaign. mart.unsubscribe_drivers has what came before it.';
comment on column mart.campaign_unsubscribes.campaign_id is 'The campaign: mart.campaigns.';
comment on column mart.campaign_unsubscribes.list_id is 'The audience: mart.lists.';
comment on column mart.campaign_unsubscribes.subscriber_hash is 'The member, with list_id: mart.members.';
comment on column mart.campaign_unsubscribes.contact_key is 'The person: mart.contacts.';
comment on column mart.campaign_unsubscribes.contact_id is
'Contact of the CRM; null if the member is not ours.';
comment on column mart.campaign_unsubscribes.unsubscribed_at is 'Time of the unsubscribe.';
comment on column mart.campaign_unsubscribes.day is 'That day in the report time zone: mart.dates.';
comment on column mart.campaign_unsubscribes.reason is
'Reason that the member gave; null: none, or retention removed it.';
