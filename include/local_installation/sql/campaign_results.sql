-- The result of each campaign.
select
    campaign_id,
    campaign_title,
    emails_sent,
    delivered,
    unique_opens,
    opens,
    unique_clicks,
    clicks,
    unsubscribes
from mart.campaign_performance
order by sent_at, campaign_id;
