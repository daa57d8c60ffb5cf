-- A long delivery and the winner of an A/B test take hours. A recipient who gets the mail days later gets
-- it alone.
update stats.campaigns as campaign
set sent_on_until = recipient.sent_on_until
from (
    select max(late.sent_after) as sent_on_until
    from stats.campaign_recipients as late
    where late.campaign_id = %(campaign_id)s
) as recipient
where
    campaign.campaign_id = %(campaign_id)s
    and recipient.sent_on_until > coalesce(campaign.sent_at, '-infinity') + interval '48 hours'
    and campaign.sent_on_until is distinct from recipient.sent_on_until;
