-- We archive or unsubscribe no member that a collection wants or keeps. So no collection wants the tags that
-- such a member still carries. When it comes back, these tags go first, as those that somebody gave by hand.
-- A plan that wants the member again keeps its own tag (settle_tags.sql).
update sync.tag_member as tagged
set given_by_hand = true
from sync.member as member
where
    member.list_id = %(list_id)s
    and member.status in ('archived', 'unsubscribed')
    and member.cause in ('our_archive', 'our_unsubscribe')
    and tagged.list_id = member.list_id
    and tagged.subscriber_hash = member.subscriber_hash
    and tagged.taken_by_hand_at is null
    and not tagged.given_by_hand
