-- Whoever got an older campaign meanwhile belongs to an older cohort.
delete from mart.campaign_cohort
using changed_campaign
where campaign_cohort.campaign_id = changed_campaign.campaign_id;
