create or replace view mart.campaign_complaints as
select
    complaint.campaign_id,
    complaint.list_id,
    complaint.subscriber_hash,
    member.contact_key,
    member.contact_id,
    coalesce(complaint.reported_at, complaint.first_seen_at) as reported_at,
    (coalesce(complaint.reported_at, complaint.first_seen_at) at time zone setting.report_time_zone)::date
        as day
from stats.campaign_abuse_reports as complaint
cross join mart.setting as setting
left join mart.members as member
    on complaint.list_id = member.list_id and complaint.subscriber_hash = member.subscriber_hash;
comment on view mart.campaign_complaints is
'Fact: one row for each complaint (abuse report) about a campaign.';
comment on column mart.campaign_complaints.campaign_id is 'The campaign: mart.campaigns.';
comment on column mart.campaign_complaints.list_id is 'The audience: mart.lists.';
comment on column mart.campaign_complaints.subscriber_hash is 'The member, with list_id: mart.members.';
comment on column mart.campaign_complaints.contact_key is 'The person: mart.contacts.';
comment on column mart.campaign_complaints.contact_id is
'Contact of the CRM; null if the member is not ours.';
comment on column mart.campaign_complaints.reported_at is
'Time of the complaint. If Mailchimp gives none, the time at which we first read it.';
comment on column mart.campaign_complaints.day is 'That day in the report time zone: mart.dates.';
