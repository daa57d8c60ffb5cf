-- Members that carried a tag by what we know, and that Mailchimp no longer shows with it. A call of ours took
-- none of them. Mailchimp shows neither archived nor pending members: nothing is known of those.
select tagged.subscriber_hash
from sync.tag_member as tagged
inner join sync.member as member
    on tagged.list_id = member.list_id and tagged.subscriber_hash = member.subscriber_hash
where
    tagged.list_id = %(list_id)s
    and tagged.collection_id = %(collection_id)s
    and tagged.taken_by_hand_at is null
    and tagged.leaving_cause is null
    and member.status not in ('archived', 'pending')
    and member.cause is distinct from 'forgotten'
    and not exists (
        select from tagged_now
        where tagged_now.subscriber_hash = tagged.subscriber_hash
    )
order by tagged.subscriber_hash
