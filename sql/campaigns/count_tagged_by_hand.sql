-- Subscribed members with a collection's tag that somebody gave them in Mailchimp. Who is to confirm gets no
-- campaign, and loses the tag after that. Until then Mailchimp shows no tag of them, and none can be taken.
select count(*)
from sync.tag_member as tagged
left join sync.member as member
    on tagged.list_id = member.list_id and tagged.subscriber_hash = member.subscriber_hash
where
    tagged.list_id = %(list_id)s
    and tagged.collection_id = %(tagged_for)s
    and tagged.given_by_hand
    and tagged.taken_by_hand_at is null
    and coalesce(sync.may_be_mailed(member.status) and member.status <> 'pending', true)
