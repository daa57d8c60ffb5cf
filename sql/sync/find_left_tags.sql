-- Tags that no collection wants, at members that are about to come back. Each row is looked up by its key,
-- as in next_planned_contacts.sql.
select
    carried.collection_id,
    planned.subscriber_hash
from staging.plan as planned
cross join
    lateral (
        select known.status
        from sync.member as known
        where
            known.list_id = %(list_id)s
            and known.subscriber_hash = planned.subscriber_hash
            and known.status in ('archived', 'unsubscribed')
        offset 0
    ) as member
cross join
    lateral (
        select tagged.collection_id
        from sync.tag_member as tagged
        where
            tagged.list_id = %(list_id)s
            and tagged.subscriber_hash = planned.subscriber_hash
            and tagged.collection_id = any(%(collection_ids)s::bigint[])
            and tagged.given_by_hand
            and tagged.taken_by_hand_at is null
        offset 0
    ) as carried
where
    planned.staging_id = %(staging_id)s
    and planned.collection_id = %(shared_id)s
    and planned.action in ('revive', 'add_pending', 'reconfirm')
order by carried.collection_id, planned.subscriber_hash
limit %(page)s
