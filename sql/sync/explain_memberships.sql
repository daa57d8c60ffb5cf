-- The rows of contacts and addresses, with what the collection's audience and newest run say of them.
with present as (
    select
        unnested.contact_id,
        unnested.subscriber_hash
    from unnest(%(present_contacts)s::bigint[], %(present_hashes)s::text[]) as unnested (
        contact_id, subscriber_hash
    )
),

asked as (
    select
        explanation.*,
        exists(
            select from present
            where
                present.subscriber_hash = explanation.subscriber_hash
                and present.contact_id = coalesce(explanation.contact_id, present.contact_id)
        ) as is_present,
        exists(
            select from sync.changed_address as changed
            where
                changed.list_id = explanation.list_id
                and changed.contact_id = explanation.contact_id
                and changed.new_hash = explanation.subscriber_hash
                and changed.ended_at is null
        ) as is_changed_by_person
    from sync.membership_explanation as explanation
    where
        explanation.subscriber_hash = any(%(subscriber_hashes)s::text[])
        or explanation.contact_id = any(%(contact_ids)s::bigint[])
        -- A foreign member at the present address of a contact.
        or (explanation.contact_id is null and explanation.subscriber_hash = any(%(present_hashes)s::text[]))
)

select
    asked.collection_code,
    asked.list_id,
    asked.contact_id,
    asked.in_audience,
    asked.status,
    asked.origin,
    asked.cause,
    asked.cause_detail,
    asked.status_since,
    asked.synced_at,
    asked.consent_id,
    asked.gdpr_category,
    asked.campaign_type,
    asked.rules_version,
    asked.run_id,
    asked.justified_at,
    asked.ended_at,
    asked.end_cause,
    asked.reason_code,
    asked.reason_detail,
    asked.explanation,
    asked.what_to_do,
    asked.first_seen_at,
    asked.last_seen_at,
    asked.in_collection,
    asked.judged_by_run,
    asked.judged_at,
    -- The hash is only one more form of the address, so it is not shown.
    case
        when cardinality(%(subscriber_hashes)s::text[]) > 0
            then coalesce(asked.subscriber_hash = any(%(subscriber_hashes)s::text[]), false)
    end as address_asked_for,
    case
        when asked.is_changed_by_person then 'changed'
        when asked.is_present then 'present'
        when asked.contact_id = any(%(present_contacts)s::bigint[]) and asked.subscriber_hash is not null
            then 'earlier'
    end as whose_address,
    coalesce(asked.list_id <> audience.list_id, asked.list_id is not null) as is_former_audience,
    other.collection_code as used_by,
    shared.collection_code as shared_audience,
    case
        when shared.collection_code is not null
            then
                tagged.subscriber_hash is not null
                and tagged.taken_by_hand_at is null
                and coalesce(tagged.contact_id = asked.contact_id, true)
    end as has_tag,
    -- The collection may have the address by another contact.
    case
        when tagged.taken_by_hand_at is null and tagged.contact_id <> asked.contact_id
            then tagged.contact_id
    end as tag_of_contact,
    coalesce(tagged.given_by_hand, false) as is_tag_given_by_hand,
    tagged.taken_by_hand_at as tag_taken_by_hand_at,
    array(
        select sharing.collection_code from sync.tag as sharing
        where sharing.shared_id = audience.collection_id and sharing.left_at is null
        order by sharing.collection_code
    ) as sharing_codes,
    case when run.state in ('blocked', 'failed') then run.state end as run_state,
    case when run.state in ('blocked', 'failed') then split_part(run.detail, ':', 1) end as run_code
from asked
left join sync.collection_audience as audience on asked.collection_code = audience.collection_code
-- The audience that the collection shares with others, if the row is about that audience.
left join sync.audience as shared
    on audience.shared_id = shared.collection_id and asked.list_id = shared.list_id
-- A former audience of the collection may be that of others now.
left join sync.audience as other
    on asked.list_id = other.list_id and asked.list_id is distinct from audience.list_id
left join sync.tag_member as tagged
    on
        shared.list_id = tagged.list_id
        and audience.collection_id = tagged.collection_id
        and asked.subscriber_hash = tagged.subscriber_hash
left join sync.collection_run as run
    on asked.judged_by_run = run.run_id and asked.collection_code = run.collection_code
where
    -- A foreign member is shown with the contact that has its address.
    (
        asked.contact_id is not null
        or not exists (
            select from asked as named
            where
                named.collection_code = asked.collection_code
                and named.list_id = asked.list_id
                and named.subscriber_hash = asked.subscriber_hash
                and named.contact_id is not null
        )
    )
    -- A shared audience knows the address of a contact that leaves it from the member alone.
    and (
        asked.subscriber_hash is not null
        or asked.collection_code !~ '^shared[:@]'
        or not exists (
            select from asked as addressed
            where
                addressed.collection_code = asked.collection_code
                and addressed.contact_id = asked.contact_id
                and addressed.subscriber_hash is not null
        )
    )
    -- Somebody may have mistyped the name of a shared audience for a while: nobody was ever in that one.
    and (
        asked.list_id is not null
        or asked.collection_code !~ '^shared[:@]'
        or exists (
            select from sync.staged_collection as named
            where
                named.collection_code = asked.collection_code
                and named.staging_id >= (
                    select coalesce(max(whole.staging_id), 0) from sync.staging_run as whole
                    where whole.is_whole and whole.row_counts is not null
                )
        )
    )
order by
    asked.collection_code asc, is_former_audience asc, asked.in_audience desc,
    asked.contact_id asc nulls last, whose_address desc nulls last, asked.justified_at desc nulls last
