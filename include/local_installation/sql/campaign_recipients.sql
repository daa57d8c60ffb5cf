-- Who got each campaign, by Mailchimp's id of the member.
select
    campaign_id,
    subscriber_hash
from stats.campaign_recipients;
