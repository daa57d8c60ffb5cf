-- What is known about shared audiences before they are staged. Each has its collections, and may carry
-- fields of the CRM beside the standard fields.
select
    audience.collection_id as shared_id,
    audience.list_id,
    array(
        select tag.collection_id from sync.tag
        where tag.shared_id = audience.collection_id and tag.left_at is null
    ) as joined_ids,
    -- A collection that was blocked since it joined has no tag.
    array(
        select tag.collection_id from sync.tag
        where
            tag.shared_id = audience.collection_id
            and tag.left_at is null
            and (tag.tag_id is not null or tag.made_as is not null or tag.deleted_at is not null)
    ) as tagged_ids,
    -- Collections whose members would stay if the CRM lost them. Without its tag nobody knows who they are.
    array(
        select tag.collection_id from sync.tag
        where
            tag.shared_id = audience.collection_id
            and tag.left_at is null
            and (
                (tag.tag_id is null and (tag.made_as is not null or tag.deleted_at is not null))
                or exists (
                    select from sync.tag_member as tagged
                    inner join sync.member as member
                        on
                            tagged.list_id = member.list_id
                            and tagged.subscriber_hash = member.subscriber_hash
                    where
                        tagged.list_id = tag.list_id
                        and tagged.collection_id = tag.collection_id
                        and sync.may_be_mailed(member.status)
                )
            )
    ) as keeping_ids,
    exists(
        select from sync.merge_field as field
        where
            field.list_id = audience.list_id
            and field.field_code not in ('FNAME', 'LNAME', 'CRMREF')
            and not exists (
                select from sync.former_field as former
                where former.list_id = field.list_id and former.tag = field.tag
            )
    ) as carries_fields
from sync.audience
where audience.collection_id = any(%(shared_ids)s::bigint[])
