-- A member whose left tag could not be taken stays where it is. The next run tries again.
update staging.plan
set action = 'quarantine', cause = 'rejected_by_mailchimp'
where
    staging_id = %(staging_id)s
    and collection_id = %(shared_id)s
    and subscriber_hash = %(subscriber_hash)s
    and action in ('revive', 'add_pending', 'reconfirm')
