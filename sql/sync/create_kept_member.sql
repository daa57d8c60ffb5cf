-- Members of a shared audience that stay as they are, because one of its collections cannot be judged now.
-- The collection is blocked, failed or gone from the CRM. Empty for any other audience.
create temporary table if not exists kept_member (subscriber_hash text not null)
