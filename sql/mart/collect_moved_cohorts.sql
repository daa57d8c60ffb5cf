-- A member whose first month changed belongs to another cohort in all their campaigns. What the mart knows
-- is looked up by key (offset 0), because a join might read all members.
insert into changed_campaign (campaign_id)
select distinct received.campaign_id
from counted_member as counted
cross join mart.setting as setting
cross join
    lateral (
        select engagement.first_sent_at
        from mart.member_engagement as engagement
        where
            engagement.list_id = counted.list_id
            and engagement.subscriber_hash = counted.subscriber_hash
        offset 0
    ) as known
inner join received
    on counted.list_id = received.list_id and counted.subscriber_hash = received.subscriber_hash
where
    counted.first_sent_at is distinct from known.first_sent_at
    and date_trunc('month', counted.first_sent_at at time zone setting.report_time_zone)
    is distinct from date_trunc('month', known.first_sent_at at time zone setting.report_time_zone)
    and not exists (
        select from changed_campaign as listed
        where listed.campaign_id = received.campaign_id
    );
