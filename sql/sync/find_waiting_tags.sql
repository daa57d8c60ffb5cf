-- Tags that collections left in a shared audience, and whose members are nowhere else yet. No run of the
-- collection has succeeded elsewhere since. A collection that shares the audience again waits for nothing.
select
    tag.list_id,
    tag.shared_id,
    tag.collection_id,
    tag.collection_code,
    tag.tag_id,
    tag.name,
    tag.gdpr_category,
    tag.campaign_type,
    tag.made_as,
    tag.deleted_at
from sync.tag as tag
where
    tag.list_id = %(list_id)s
    and tag.shared_id = %(shared_id)s
    and tag.left_at is not null
    and tag.arrived_at is null
    and tag.collection_id <> all(%(staged_ids)s::bigint[])
    and (
        -- Somebody deleted it: nobody knows who its members are.
        tag.deleted_at is not null
        or exists (
            select from sync.tag_member as tagged
            inner join sync.member as member
                on tagged.list_id = member.list_id and tagged.subscriber_hash = member.subscriber_hash
            where
                tagged.list_id = tag.list_id
                and tagged.collection_id = tag.collection_id
                and tagged.taken_by_hand_at is null
                and sync.may_be_mailed(member.status)
                and member.origin in ('created', 'adopted')
        )
    )
order by tag.collection_id
