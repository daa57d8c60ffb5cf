-- A member whose first month changed belongs to another cohort in all their campaigns.
insert into changed_campaign (campaign_id)
select distinct received.campaign_id
from counted_member as counted
inner join mart.member_engagement as known
    on
        counted.list_id = known.list_id
        and counted.subscriber_hash = known.subscriber_hash
        and counted.first_sent_at is distinct from known.first_sent_at
cross join mart.setting as setting
inner join received
    on counted.list_id = received.list_id and counted.subscriber_hash = received.subscriber_hash
where
    date_trunc('month', counted.first_sent_at at time zone setting.report_time_zone)
    is distinct from date_trunc('month', known.first_sent_at at time zone setting.report_time_zone)
    and not exists (
        select from changed_campaign as listed
        where listed.campaign_id = received.campaign_id
    );
