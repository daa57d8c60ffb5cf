-- Subscribed members that are not ours, and that took back the marketing permission that counts. The sync
-- leaves them alone, and a campaign would reach them.
select count(*)
from sync.member as member
where
    member.list_id = %(list_id)s
    and member.taken_back_permissions <> '{}'
    and member.cause = 'permission_taken_back'
    and member.status = 'subscribed'
    and member.origin = 'foreign'
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
