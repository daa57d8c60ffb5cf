-- Whether somebody has the tag who did not have it by what we know.
select
    exists(
        select from tagged_now as shown
        where
            not exists (
                select from sync.tag_member as known
                where
                    known.list_id = %(list_id)s
                    and known.collection_id = %(collection_id)s
                    and known.subscriber_hash = shown.subscriber_hash
            )
    ) as is_shown
