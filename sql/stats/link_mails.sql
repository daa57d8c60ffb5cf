-- Mails that are not in the list of campaigns, or are in it without their parent.
update stats.campaigns as mail
set parent_campaign_id = %(campaign_id)s
from landing_reports as landed
where
    mail.campaign_id = landed.campaign_id
    and mail.parent_campaign_id is null
    and mail.campaign_id <> %(campaign_id)s;
