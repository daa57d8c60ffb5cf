-- The plan of one collection in a shared audience: who gets its tag, and who loses it. The plan of the
-- audience itself adds and removes members (plan_changes.sql). It follows what the collections want.
--
-- The actions are tag, untag, unchanged and quarantine.
insert into staging.plan (
    staging_id, collection_id, action, subscriber_hash, contact_id, cause, address_key
)
with desired as (
    select
        verdict.contact_id,
        verdict.subscriber_hash,
        -- Two contacts may become one member: a person chose the other contact's address in Mailchimp. Who
        -- gave the address up does not keep it from the other one.
        coalesce(
            min(verdict.contact_id) filter (where given_up.contact_id is null)
                over (partition by verdict.subscriber_hash),
            min(verdict.contact_id) over (partition by verdict.subscriber_hash)
        ) as representative_id,
        given_up.contact_id is not null as is_given_up
    from staging.verdict as verdict
    left join given_up
        on verdict.contact_id = given_up.contact_id and verdict.subscriber_hash = given_up.old_hash
    where
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        and verdict.reason_code is null
),

-- As in plan_changes.sql.
bounced_address as (
    select distinct subscriber_hash
    from sync.member
    where status = 'cleaned' and cause is distinct from 'forgotten'
),

refusal as (
    select
        refused.contact_id,
        refused.address_key,
        coalesce(alias.subscriber_hash, sync.subscriber_hash(refused.address_key)) as subscriber_hash,
        refused.gdpr_category is null as is_erasure
    from staging.refusal as refused
    left join sync.subscriber_alias as alias on sync.subscriber_hash(refused.address_key) = alias.address_hash
    where
        refused.staging_id = %(staging_id)s
        and not refused.is_unreadable
        and (
            refused.gdpr_category is null
            or (
                refused.gdpr_category = %(gdpr_category)s::text
                and %(gdpr_category)s::text <> 'unclassified'
            )
            -- The category is no longer known, so the strictest reading holds.
            or %(gdpr_category)s::text is null
        )
),

refused_contact as (
    select
        contact_id,
        bool_or(is_erasure) as is_erased
    from refusal
    group by contact_id
),

refused_address as (
    select
        subscriber_hash,
        min(address_key) as address_key,
        bool_or(is_erasure) as is_erased
    from refusal
    where subscriber_hash is not null
    group by subscriber_hash
),

tagged as (
    select
        carried.subscriber_hash,
        coalesce(carried.contact_id, member.contact_id) as contact_id,
        carried.given_by_hand,
        carried.taken_by_hand_at is not null as is_taken_by_hand,
        sync.may_be_mailed(member.status)
        and coalesce(member.cause, '') <> 'forgotten' as may_be_mailed
    from sync.tag_member as carried
    inner join sync.member as member
        on carried.list_id = member.list_id and carried.subscriber_hash = member.subscriber_hash
    where carried.list_id = %(list_id)s and carried.collection_id = %(tag_of)s
),

wanted as (
    select
        desired.contact_id,
        desired.subscriber_hash,
        desired.is_given_up,
        tagged.subscriber_hash is not null and not tagged.is_taken_by_hand as is_tagged,
        coalesce(tagged.may_be_mailed, false) as may_be_mailed,
        case
            when desired.contact_id <> desired.representative_id
                then case when desired.is_given_up then 'address_given_up' else 'duplicate_email' end
            when refused_address.subscriber_hash is not null then 'shared_address_refused'
            when
                found.reason_at_address in (
                    'suppressed_forgotten', 'suppressed_complaint', 'suppressed_unsubscribed'
                )
                then found.reason_at_address
            when bounced_address.subscriber_hash is not null then 'suppressed_cleaned'
            when found.reason_at_address is not null then found.reason_at_address
            when found.reason_of_person is not null then found.reason_of_person
            when found.is_refused_by_other then 'shared_address_refused'
            -- Somebody took the tag away by hand.
            when tagged.is_taken_by_hand then 'suppressed_archived'
            when desired.is_given_up then 'address_given_up'
            when found.must_confirm then 'suppressed_pending'
        end as held_back_as
    from desired
    left join tagged on desired.subscriber_hash = tagged.subscriber_hash
    left join bounced_address on desired.subscriber_hash = bounced_address.subscriber_hash
    left join refusal_found as found on desired.contact_id::text = found.key
    left join refused_address on desired.subscriber_hash = refused_address.subscriber_hash
),

unwanted as (
    select
        tagged.subscriber_hash,
        tagged.contact_id,
        refused_address.address_key,
        case
            when refused_contact.is_erased or refused_address.is_erased then 'erased_contact'
            when refused_contact.contact_id is not null then 'consent_withdrawn'
            when refused_address.subscriber_hash is not null then 'shared_address_refused'
            when
                found.reason_at_address in (
                    'suppressed_forgotten', 'suppressed_complaint', 'suppressed_unsubscribed'
                )
                then found.reason_at_address
            when bounced_address.subscriber_hash is not null then 'suppressed_cleaned'
            when coalesce(found.reason_at_address, found.reason_of_person) is not null
                then coalesce(found.reason_at_address, found.reason_of_person)
            when tagged.given_by_hand then 'tagged_by_hand'
            when verdict.contact_id is null then 'left_collection'
            when verdict.subscriber_hash <> tagged.subscriber_hash then 'changed_address'
            else coalesce(verdict.reason_code, 'changed_address')
        end as cause
    from tagged
    left join bounced_address on tagged.subscriber_hash = bounced_address.subscriber_hash
    left join refusal_found as found on 'member:' || tagged.subscriber_hash = found.key
    left join refused_contact on tagged.contact_id = refused_contact.contact_id
    left join refused_address on tagged.subscriber_hash = refused_address.subscriber_hash
    left join staging.verdict as verdict
        on
            verdict.staging_id = %(staging_id)s
            and verdict.collection_id = %(collection_id)s
            and tagged.contact_id = verdict.contact_id
    where
        tagged.may_be_mailed
        and not tagged.is_taken_by_hand
        and not exists (
            select from desired
            where desired.subscriber_hash = tagged.subscriber_hash and not desired.is_given_up
        )
)

select
    %(staging_id)s::bigint as staging_id,
    %(collection_id)s::bigint as collection_id,
    case
        when wanted.held_back_as is null then case when wanted.is_tagged then 'unchanged' else 'tag' end
        when wanted.held_back_as = 'duplicate_email' or wanted.is_given_up then 'quarantine'
        when wanted.is_tagged and wanted.may_be_mailed then 'untag'
        else 'quarantine'
    end as action,
    wanted.subscriber_hash,
    wanted.contact_id,
    wanted.held_back_as as cause,
    null as address_key
from wanted
union all
select
    %(staging_id)s::bigint as staging_id,
    %(collection_id)s::bigint as collection_id,
    'untag' as action,
    unwanted.subscriber_hash,
    unwanted.contact_id,
    unwanted.cause,
    unwanted.address_key
from unwanted
