-- A campaign of the CRM of which nothing was made yet: a row to say why.
insert into sync.campaign (campaign_id, campaign_code, collection_code, title)
values (%(campaign_id)s, %(campaign_code)s, %(collection_code)s, %(title)s)
on conflict (campaign_id) do nothing
