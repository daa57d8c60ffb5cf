-- Which refusals hold for the persons of person_asked in one collection. This is the only place that says
-- what a refusal of each kind means. The plan, the push's last look and the campaign gate use it.
--
-- Column reason_at_address: the address itself has the refusal. Column reason_of_person: a contact of the
-- person refused, at any address. Column is_refused_by_other: another contact that refused holds the
-- address now. Column must_confirm: we unsubscribed the person, or asked and got no answer. Then only a
-- confirmation counts.
insert into refusal_found (
    key, reason_at_address, reason_of_person, is_refused_by_other, must_confirm
)
-- Each person's refusals are looked up by their keys, whatever Postgres has counted. An offset of nothing
-- keeps the planner from joining them otherwise.
with present as materialized (
    select audience.list_id
    from sync.collection_audience as audience
    where audience.collection_id = %(collection_id)s and audience.list_id is not null
),

found as (
    select
        asked.key,
        holding.kind,
        holding.list_id,
        holding.address_digest,
        true as is_at_address,
        false as is_other
    from person_asked as asked
    cross join
        lateral (
            select
                refusal.kind,
                refusal.list_id,
                refusal.address_digest
            from sync.refusal as refusal
            where
                refusal.address_digest = asked.address_digest
                and refusal.ended_at is null
                and (
                    %(collection_id)s = any(refusal.collection_ids)
                    -- A complaint holds everywhere.
                    or refusal.kind = 'complaint'
                )
            offset 0
        ) as holding
    union
    select
        asked.key,
        holding.kind,
        holding.list_id,
        holding.address_digest,
        false as is_at_address,
        asked.is_other
    from person_asked as asked
    cross join
        lateral (
            select contact.refusal_id
            from sync.refusal_contact as contact
            where contact.contact_id = asked.contact_id
            offset 0
        ) as belongs
    cross join lateral (
        select
            refusal.kind,
            refusal.list_id,
            refusal.address_digest
        from sync.refusal as refusal
        where
            refusal.refusal_id = belongs.refusal_id
            and refusal.is_about_person
            and refusal.ended_at is null
            and (
                %(collection_id)s = any(refusal.collection_ids)
                -- A complaint holds everywhere.
                or refusal.kind = 'complaint'
            )
        offset 0
    ) as holding
),

-- We unsubscribed these persons in another audience, and never in the present one. There another collection
-- keeps them, so a grant counts as it does for a tag.
kept as materialized (
    select asked.key
    from person_asked as asked
    cross join present
    cross join
        lateral (
            select there.list_id
            from sync.member as there
            where
                there.list_id = present.list_id
                and there.contact_id = asked.contact_id
                and there.status = 'subscribed'
                and there.origin in ('created', 'adopted')
                and there.cause is distinct from 'forgotten'
                and exists (
                    select from sync.tag_member as tagged
                    where
                        tagged.list_id = there.list_id
                        and tagged.subscriber_hash = there.subscriber_hash
                        and tagged.collection_id <> %(collection_id)s
                )
            offset 0
        ) as there
    where
        not asked.is_other
        and asked.key in (
            select found.key from found
            where found.kind = 'withdrawal'
        )
        and asked.key not in (
            select found.key from found
            where found.kind = 'withdrawal' and found.list_id in (select present.list_id from present)
        )
        -- A grant of the survivor is none of the contact that was merged into it.
        and not exists (
            select from sync.refusal_contact as belongs
            inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
            where
                belongs.contact_id = asked.contact_id
                and belongs.merged_from is not null
                and refusal.kind = 'withdrawal'
                and refusal.ended_at is null
                and %(collection_id)s = any(refusal.collection_ids)
        )
),

weighed as (
    select
        found.*,
        found.kind in ('withdrawal', 'unconfirmed') as asks,
        found.kind = 'withdrawal' and found.key in (select kept.key from kept) as is_kept,
        -- We had unsubscribed the member before a person archived or deleted it: we ask for a confirmation.
        found.kind in ('archived_by_hand', 'forgotten')
        and exists (
            select from sync.refusal as earlier
            where
                earlier.list_id = found.list_id
                and earlier.address_digest = found.address_digest
                and earlier.kind in ('withdrawal', 'unconfirmed')
                and earlier.ended_at is null
        ) as only_hides_ours
    from found
)

select
    weighed.key,
    case
        when bool_or(weighed.is_at_address and weighed.kind = 'forgotten') then 'suppressed_forgotten'
        when bool_or(weighed.is_at_address and weighed.kind = 'complaint') then 'suppressed_complaint'
        when bool_or(weighed.is_at_address and weighed.kind = 'unsubscribed')
            then 'suppressed_unsubscribed'
        when bool_or(weighed.is_at_address and weighed.kind = 'permission_taken_back')
            then 'suppressed_permission'
        when bool_or(weighed.is_at_address and weighed.kind = 'compliance') then 'suppressed_compliance'
        when bool_or(weighed.is_at_address and weighed.kind in ('archived_by_hand', 'tag_taken'))
            then 'suppressed_archived'
    end as reason_at_address,
    case
        when bool_or(not weighed.is_other and weighed.kind = 'complaint') then 'suppressed_complaint'
        when bool_or(not weighed.is_other and weighed.kind = 'unsubscribed') then 'suppressed_unsubscribed'
        when bool_or(not weighed.is_other and weighed.kind = 'permission_taken_back')
            then 'suppressed_permission'
        when bool_or(not weighed.is_other and weighed.kind = 'compliance') then 'suppressed_compliance'
        when bool_or(not weighed.is_other and weighed.kind = 'forgotten' and not weighed.only_hides_ours)
            then 'suppressed_forgotten'
        when
            bool_or(
                not weighed.is_other
                and weighed.kind in ('archived_by_hand', 'tag_taken')
                and not weighed.only_hides_ours
            )
            then 'suppressed_archived'
    end as reason_of_person,
    coalesce(bool_or(weighed.is_other and not weighed.asks and not weighed.only_hides_ours), false)
        as is_refused_by_other,
    coalesce(
        bool_or(weighed.asks and not weighed.is_kept and not weighed.is_other), false
    ) as must_confirm
from weighed
group by weighed.key
