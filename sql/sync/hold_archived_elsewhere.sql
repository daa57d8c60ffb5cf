-- Members of present_now count as members that carried the collection's tag. Then note_tagged.sql finds that
-- they do not, and notes a refusal. A pending member shows no tag: that is found when it has confirmed.
insert into sync.tag_member (list_id, collection_id, subscriber_hash, contact_id)
select
    %(list_id)s,
    %(collection_id)s,
    present.subscriber_hash,
    present.contact_id
from present_now as present
inner join sync.member as member
    on member.list_id = %(list_id)s and present.subscriber_hash = member.subscriber_hash
where
    member.status <> 'pending'
    -- If nobody shares the audience with it, the collection alone can have asked. Who confirms gets the tag.
    or exists (
        select from sync.tag as other
        where other.list_id = %(list_id)s and other.collection_id <> %(collection_id)s
    )
on conflict do nothing
