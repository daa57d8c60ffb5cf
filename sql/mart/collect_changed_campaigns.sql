create temporary table changed_campaign on commit drop as
with since as (select caught_up_to from mart.setting)

select recipient.campaign_id
from stats.campaign_recipients as recipient
cross join since
where recipient.changed_at >= since.caught_up_to
union
select engagement.campaign_id
from stats.recipient_engagement as engagement
cross join since
where engagement.changed_at >= since.caught_up_to
union
select unsubscribe.campaign_id
from stats.campaign_unsubscribes as unsubscribe
cross join since
where unsubscribe.first_seen_at >= since.caught_up_to;
