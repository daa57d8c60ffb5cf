-- Fills kept_member for the plan of a shared audience. A member that lost the tag of a kept collection by
-- hand stays, too. It can get the tag again there.
insert into kept_member (subscriber_hash)
select distinct tagged.subscriber_hash
from sync.tag_member as tagged
where
    tagged.list_id = %(list_id)s
    and tagged.collection_id = any(%(kept_ids)s::bigint[])
    -- What is due goes out all the same.
    and not exists (
        select from leaving_cause as going
        where
            going.collection_id = tagged.collection_id
            and going.subscriber_hash = tagged.subscriber_hash
            and going.cause = any(%(due_causes)s::text[])
    )
union
-- While a collection cannot say who belongs to it, all stay unless something is due. Tags may be lost, or not
-- given yet. Mailchimp shows no tag of a pending member: any of the collections may have asked the person.
select member.subscriber_hash
from sync.member as member
where
    (
        cardinality(%(unclear_ids)s::bigint[]) > 0
        or (cardinality(%(kept_ids)s::bigint[]) > 0 and member.status = 'pending')
    )
    and member.list_id = %(list_id)s
    and sync.may_be_mailed(member.status)
    and member.origin in ('created', 'adopted')
    and not exists (
        select from leaving_cause as going
        where
            going.subscriber_hash = member.subscriber_hash
            and going.cause = any(%(due_causes)s::text[])
    )
union
-- A member without its tag by hand stays in the audience: there it can get the tag again.
select tagged.subscriber_hash
from sync.tag_member as tagged
inner join staging.plan as held
    on
        held.staging_id = %(staging_id)s
        and tagged.collection_id = held.collection_id
        and tagged.subscriber_hash = held.subscriber_hash
        and held.action = 'quarantine'
        and held.cause = 'suppressed_archived'
where
    tagged.list_id = %(list_id)s
    and tagged.collection_id = any(%(collection_ids)s::bigint[])
    and tagged.taken_by_hand_at is not null
union
-- A kept collection may not have given its tag yet to members that were added for it. Who carries no tag may
-- be such a member.
select member.subscriber_hash
from sync.member as member
where
    member.list_id = %(list_id)s
    and member.status = 'subscribed'
    and member.origin in ('created', 'adopted')
    and exists (
        select from sync.tag as owed
        where
            owed.list_id = member.list_id
            and owed.collection_id = any(%(kept_ids)s::bigint[])
            and owed.owed_since <= member.status_since
    )
    and not exists (
        select from sync.tag_member as tagged
        where
            tagged.list_id = member.list_id
            and tagged.subscriber_hash = member.subscriber_hash
    )
    and not exists (
        select from leaving_cause as going
        where
            going.subscriber_hash = member.subscriber_hash
            and going.cause = any(%(due_causes)s::text[])
    )
