insert into present_now (subscriber_hash, contact_id)
select
    member.subscriber_hash,
    member.contact_id
from sync.member as member
where
    member.list_id = %(present_list_id)s
    and sync.may_be_mailed(member.status)
    and member.origin in ('created', 'adopted')
    and (
        not %(is_shared)s
        or exists (
            select from sync.tag_member as tagged
            where
                tagged.list_id = member.list_id
                and tagged.collection_id = %(collection_id)s
                and tagged.subscriber_hash = member.subscriber_hash
                and tagged.taken_by_hand_at is null
        )
    )
