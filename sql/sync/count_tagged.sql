-- Subscribed members that carry a collection's tag, as far as we know. Below zero: nobody knows, because no
-- answer came when we took a tag away.
select case when coalesce(bool_or(tagged.leaving_cause is not null), false) then -1 else count(*) end
from sync.tag_member as tagged
inner join sync.member as member
    on tagged.list_id = member.list_id and tagged.subscriber_hash = member.subscriber_hash
where
    tagged.list_id = %(list_id)s
    and tagged.collection_id = %(collection_id)s
    and tagged.taken_by_hand_at is null
    and member.status = 'subscribed'
