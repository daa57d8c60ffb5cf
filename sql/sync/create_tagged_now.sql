-- Members that carry a tag in Mailchimp now.
create temporary table if not exists tagged_now (subscriber_hash text not null)
