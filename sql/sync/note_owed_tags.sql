-- Members are about to be added that are to get these collections' tags. Mailchimp shows no tag of a member
-- until the call that gives it.
update sync.tag
set
    owed_since = coalesce(
        (
            select audience.pulled_through
            from sync.audience as audience
            where audience.list_id = %(list_id)s
        ),
        'epoch'
    )
where
    list_id = %(list_id)s
    and collection_id = any(%(collection_ids)s::bigint[])
    and owed_since is null
