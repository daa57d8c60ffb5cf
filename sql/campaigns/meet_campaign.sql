-- A row for a campaign of the CRM that we have not created yet. The row says why.
insert into sync.campaign (campaign_id, account, campaign_code, collection_code, title)
values (%(campaign_id)s, %(account)s, %(campaign_code)s, %(collection_code)s, %(title)s)
on conflict (campaign_id) do nothing
