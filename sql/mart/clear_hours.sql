-- Hours of another time zone would stay beside the new ones.
delete from mart.campaign_hours
using stats.campaigns as campaign, mart.setting as setting
where
    campaign_hours.campaign_id = campaign.campaign_id
    and campaign.events_expired_at is null
    and setting.caught_up_to = '-infinity';
