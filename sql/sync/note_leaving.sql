-- Tags that we are about to take away: a lost answer is then no act of somebody else.
update sync.tag_member
set leaving_cause = %(cause)s
where
    list_id = %(list_id)s
    and collection_id = %(collection_id)s
    and subscriber_hash = any(%(subscriber_hashes)s::text[])
