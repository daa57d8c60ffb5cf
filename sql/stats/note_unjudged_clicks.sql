-- New events: the clicks of the campaign wait for a judgement.
insert into mart.unjudged_campaign (campaign_id)
values (%(campaign_id)s)
on conflict (campaign_id) do nothing;
