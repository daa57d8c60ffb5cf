-- Members with the collection's tag that get no mail, and whose contacts left it meanwhile. They
-- do not come back with the tag, no matter who removed them (note_left_tags.sql).
update sync.tag_member as tagged
set given_by_hand = true
from sync.member as member
where
    tagged.list_id = %(list_id)s
    and tagged.collection_id = %(collection_id)s
    and tagged.taken_by_hand_at is null
    and not tagged.given_by_hand
    and member.list_id = tagged.list_id
    and member.subscriber_hash = tagged.subscriber_hash
    and member.status in ('archived', 'unsubscribed')
    -- The plan has a row for each contact that the collection may mail.
    and not exists (
        select from staging.plan as plan
        where
            plan.staging_id = %(staging_id)s
            and plan.collection_id = tagged.collection_id
            and plan.subscriber_hash = tagged.subscriber_hash
    )
