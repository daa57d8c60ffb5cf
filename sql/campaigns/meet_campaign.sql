-- A row for a campaign of the CRM that we have not created yet. The row says why.
insert into sync.campaign (campaign_id, campaign_code, collection_code, title)
values (%(campaign_id)s, %(campaign_code)s, %(collection_code)s, %(title)s)
on conflict (campaign_id) do nothing
