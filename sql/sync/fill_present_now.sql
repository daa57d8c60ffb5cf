insert into present_now (subscriber_hash, contact_id)
with present as (
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
            -- Who is asked to confirm has no tag yet. Nobody but this collection can have asked.
            or (
                member.status = 'pending'
                and not exists (
                    select from sync.tag as other
                    where
                        other.list_id = member.list_id
                        and other.collection_id <> %(collection_id)s
                )
            )
        )
)

select
    present.subscriber_hash,
    present.contact_id
from present
union all
-- A contact that was merged into one of them is the same person.
select
    present.subscriber_hash,
    merged.merged_id as contact_id
from present
inner join staging.merged as merged
    on merged.staging_id = %(staging_id)s and present.contact_id = merged.contact_id
