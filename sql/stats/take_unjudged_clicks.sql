-- Before the judgement: a change of the limits waits for it, and then notes the campaign again.
delete from mart.unjudged_campaign
where campaign_id = %(campaign_id)s;
