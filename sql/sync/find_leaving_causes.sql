-- Fills leaving_cause from the plans of the collections. A member that carries no tag of ours waits for its
-- confirmation, or its tag was lost. Nobody knows whose it was, so any refusal of its contact counts. Of a
-- member with the tag of a collection that left, only refusals of that collection's category count.
insert into leaving_cause (subscriber_hash, collection_id, cause)
with untagged as (
    select
        member.subscriber_hash,
        member.contact_id,
        member.origin = 'adopted' and member.status = 'subscribed' as signed_up,
        -- Null: nobody knows. An element is null if the collection has no category.
        had.gdpr_categories
    from sync.member as member
    cross join
        lateral (
            select array_agg(tag.gdpr_category) as gdpr_categories
            from sync.tag_member as tagged
            inner join sync.tag as tag
                on tagged.list_id = tag.list_id and tagged.collection_id = tag.collection_id
            where
                tagged.list_id = member.list_id
                and tagged.subscriber_hash = member.subscriber_hash
            offset 0
        ) as had
    where
        member.list_id = %(list_id)s
        and member.origin in ('created', 'adopted')
        and member.contact_id is not null
        and sync.may_be_mailed(member.status)
        and not exists (
            select from sync.tag_member as tagged
            inner join sync.tag as tag
                on tagged.list_id = tag.list_id and tagged.collection_id = tag.collection_id
            where
                tagged.list_id = member.list_id
                and tagged.subscriber_hash = member.subscriber_hash
                and (tag.left_at is null or tag.collection_id = any(%(waiting_ids)s::bigint[]))
        )
),

-- From these members somebody took the tag. No plan takes it, so a refusal of its category is found here.
taken as (
    select
        tagged.subscriber_hash,
        tagged.collection_id,
        member.contact_id,
        tag.gdpr_category
    from sync.tag_member as tagged
    inner join sync.tag as tag
        on tagged.list_id = tag.list_id and tagged.collection_id = tag.collection_id
    inner join sync.member as member
        on tagged.list_id = member.list_id and tagged.subscriber_hash = member.subscriber_hash
    where
        tagged.list_id = %(list_id)s
        and tagged.taken_by_hand_at is not null
        and (tag.left_at is null or tag.collection_id = any(%(waiting_ids)s::bigint[]))
        and member.origin in ('created', 'adopted')
        and sync.may_be_mailed(member.status)
),

asked as (
    select
        subscriber_hash,
        contact_id
    from untagged
    union
    select
        subscriber_hash,
        contact_id
    from taken
),

-- As in plan_tags.sql: by the contact, and by the address. Another contact may have it, or the person another
-- contact id.
refusal as (
    select
        refused.contact_id,
        coalesce(alias.subscriber_hash, sync.subscriber_hash(refused.address_key)) as subscriber_hash,
        refused.gdpr_category
    from staging.refusal as refused
    left join sync.subscriber_alias as alias on sync.subscriber_hash(refused.address_key) = alias.address_hash
    where refused.staging_id = %(staging_id)s and not refused.is_unreadable
),

refused as (
    select
        asked.subscriber_hash,
        refusal.gdpr_category,
        case when refusal.gdpr_category is null then 'erased_contact' else 'consent_withdrawn' end as cause
    from asked
    inner join refusal on asked.contact_id = refusal.contact_id
    union
    select
        asked.subscriber_hash,
        refusal.gdpr_category,
        case
            when refusal.gdpr_category is null then 'erased_contact' else 'shared_address_refused'
        end as cause
    from asked
    inner join refusal on asked.subscriber_hash = refusal.subscriber_hash
),

category as (
    select collection.gdpr_category
    from sync.staged_collection as collection
    where
        collection.staging_id = %(staging_id)s
        and collection.collection_id = any(%(collection_ids)s::bigint[])
    union
    select tag.gdpr_category
    from sync.tag as tag
    -- A collection that left may have been the member's.
    where tag.list_id = %(list_id)s
)

select
    planned.subscriber_hash,
    planned.collection_id,
    planned.cause
from staging.plan as planned
-- Joined, as a look for each planned row would read all of them each time.
left join untagged as signed_up
    on planned.subscriber_hash = signed_up.subscriber_hash and signed_up.signed_up
where
    planned.staging_id = %(staging_id)s
    and planned.collection_id = any(%(collection_ids)s::bigint[])
    and (
        planned.action = 'untag'
        or (
            planned.action = 'quarantine'
            and planned.cause = any(%(due_causes)s::text[])
            -- A tag that somebody took by hand is about its collection alone.
            and planned.cause <> 'suppressed_archived'
            -- Who is here by another collection, or signed up here, may have refused this one elsewhere.
            and (
                planned.cause = 'shared_address_refused'
                or exists (
                    select from sync.refusal_contact as belongs
                    where
                        belongs.contact_id = planned.contact_id
                        -- Offset: looked up by its key, and judged then. As a join, or by the index of the
                        -- audience, all refusals are read each time.
                        and exists (
                            select from (
                                select
                                    by_key.list_id,
                                    by_key.ended_at,
                                    by_key.collection_ids
                                from sync.refusal as by_key
                                where by_key.refusal_id = belongs.refusal_id
                                offset 0
                            ) as refusal
                            where
                                refusal.list_id = %(list_id)s
                                and refusal.ended_at is null
                                and planned.collection_id = any(refusal.collection_ids)
                        )
                )
                or not (
                    exists (
                        select from sync.tag_member as tagged
                        where
                            tagged.list_id = %(list_id)s
                            and tagged.collection_id <> planned.collection_id
                            and tagged.subscriber_hash = planned.subscriber_hash
                    )
                    or signed_up.subscriber_hash is not null
                )
            )
        )
    )
union all
-- Of a collection that moved and waits, only what is due is planned, under another id.
select
    planned.subscriber_hash,
    waiting.collection_id,
    planned.cause
from unnest(%(waiting_ids)s::bigint[], %(waiting_plan_ids)s::bigint[]) as waiting (collection_id, plan_id)
inner join staging.plan as planned
    on planned.staging_id = %(staging_id)s and waiting.plan_id = planned.collection_id
where planned.action = 'untag'
union all
select
    untagged.subscriber_hash,
    verdict.collection_id,
    verdict.reason_code as cause
from untagged
inner join staging.verdict as verdict
    on
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = any(%(collection_ids)s::bigint[])
        and untagged.contact_id = verdict.contact_id
where
    verdict.reason_code is not null
    and untagged.gdpr_categories is null
    -- The person signed up here alone, so a refusal in another audience is not about this one.
    and not (untagged.signed_up and starts_with(verdict.reason_code, 'suppressed_'))
union all
select
    untagged.subscriber_hash,
    null as collection_id,
    refused.cause
from untagged
inner join refused on untagged.subscriber_hash = refused.subscriber_hash
where
    refused.gdpr_category is null
    or (
        untagged.gdpr_categories is null
        and refused.gdpr_category in (select category.gdpr_category from category)
    )
    or refused.gdpr_category = any(untagged.gdpr_categories)
    or array_position(untagged.gdpr_categories, null) is not null
union all
select
    taken.subscriber_hash,
    taken.collection_id,
    refused.cause
from taken
inner join refused on taken.subscriber_hash = refused.subscriber_hash
where
    refused.gdpr_category is null
    or taken.gdpr_category is null
    or refused.gdpr_category = taken.gdpr_category
