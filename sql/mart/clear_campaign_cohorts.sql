delete from mart.campaign_cohort as kept
using changed_campaign as changed
where kept.campaign_id = changed.campaign_id;
