-- The audience is gone from Mailchimp: nothing that becomes known of it is about a collection any more.
update sync.audience_use
set left_at = coalesce(left_at, now()), settled_at = now()
where list_id = %(list_id)s and settled_at is null
