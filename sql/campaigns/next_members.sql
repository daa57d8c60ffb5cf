-- A page of our members that a campaign would go to, in the order of their contacts. So a member whose
-- address changes meanwhile is not passed over. Those without a contact come as contact 0. The bound on the
-- contact lets the index find the page. In a shared audience it goes to the collection's tag alone. There
-- another contact of the same address may be the collection's: judged_id.
select
    page.contact_id,
    page.subscriber_hash,
    coalesce(carried.contact_id, page.contact_id) as judged_id
from (
    (
        select
            0::bigint as contact_id,
            member.subscriber_hash
        from sync.member as member
        where
            member.list_id = %(list_id)s
            and member.contact_id is null
            and sync.may_be_mailed(member.status)
            and member.status <> 'pending'
            and member.cause is distinct from 'forgotten'
            and member.origin <> 'foreign'
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
            and (0, member.subscriber_hash) > (%(after_contact)s, %(after_hash)s)
        order by member.subscriber_hash
        limit %(page)s
    )
    union all
    (
        select
            member.contact_id,
            member.subscriber_hash
        from sync.member as member
        where
            member.list_id = %(list_id)s
            and member.contact_id >= %(after_contact)s
            and sync.may_be_mailed(member.status)
            and member.status <> 'pending'
            and member.cause is distinct from 'forgotten'
            and member.origin <> 'foreign'
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
            and (member.contact_id, member.subscriber_hash) > (%(after_contact)s, %(after_hash)s)
        order by member.contact_id, member.subscriber_hash
        limit %(page)s
    )
) as page
left join sync.tag_member as carried
    on
        carried.list_id = %(list_id)s
        and carried.collection_id = %(tagged_for)s
        and page.subscriber_hash = carried.subscriber_hash
order by page.contact_id, page.subscriber_hash
limit %(page)s
