-- Subscribed members that a campaign would go to: all, or those with a collection's tag.
select count(*)
from sync.member as member
where
    member.list_id = %(list_id)s
    and member.status = 'subscribed'
    and member.cause is distinct from 'forgotten'
    and (
        %(tagged_for)s::bigint is null
        or exists (
            select from sync.tag_member as tagged
            where
                tagged.list_id = member.list_id
                and tagged.collection_id = %(tagged_for)s
                and tagged.subscriber_hash = member.subscriber_hash
                and tagged.taken_by_hand_at is null
        )
    )
