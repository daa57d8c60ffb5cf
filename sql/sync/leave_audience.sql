-- The audience is gone from Mailchimp: later news about it concerns no collection.
update sync.audience_use
set left_at = coalesce(left_at, now()), settled_at = now()
where list_id = %(list_id)s and settled_at is null
