-- Known members that a full listing did not show. Members that we changed after it began wait for the next
-- listing.
select member.subscriber_hash
from sync.member as member
where
    member.list_id = %(list_id)s
    and member.cause is distinct from 'forgotten'
    and coalesce(member.synced_at, '-infinity') < %(listed_from)s
    and not exists (
        select from listed
        where listed.subscriber_hash = member.subscriber_hash
    )
