-- One verdict for each contact and collection: eligible (reason null), or the first reason that applies.
-- The order is that of sync.reason. A refusal by any contact that holds the address beats every consent. A
-- missing or expired consent of another contact is no refusal. For 'unclassified' no consent is read,
-- neither given nor withdrawn.
insert into staging.verdict (
    staging_id, collection_id, contact_id, reason_code, detail, address_key, subscriber_hash, consent_id,
    content_hash
)
with refused_address as (
    select distinct
        address_key,
        gdpr_category
    from staging.refusal
    where staging_id = %(staging_id)s and address_key is not null and not is_unreadable
),

unreadable_address as (
    select
        address_key,
        min(contact_id) as contact_id,
        (array_agg(unreadable_detail order by contact_id))[1] as detail
    from staging.refusal
    where staging_id = %(staging_id)s and address_key is not null and is_unreadable
    group by address_key
),

candidate as (
    select
        member.collection_id,
        member.contact_id,
        contact.address_key,
        contact.address_digest,
        contact.contact_digest,
        consent.consent_id,
        md5(
            concat_ws(
                '|', member.contact_id::text, contact.content_hash,
                case when collection.sync_merge_fields then contact.fields_hash end
            )
        ) as content_hash,
        case
            when contact.erasure_requested_at is not null then 'erased_contact'
            when contact.unreadable_detail is not null then 'unreadable_row'
            when not contact.is_active or contact.merged_into_id is not null then 'inactive_contact'
            when contact.address_problem is not null then contact.address_problem
            when collection.gdpr_category = 'unclassified' then null
            when coalesce(consent.is_unreadable, false) then 'unreadable_consent'
            when consent.consent_id is null and consent.future_grant then 'consent_not_yet_effective'
            when consent.consent_id is null then 'no_consent'
            when not consent.granted then 'consent_withdrawn'
            when consent.expires_at <= coalesce(run.refusal_clock, run.clock) then 'consent_expired'
        end as own_reason,
        exists(
            select from refused_address
            where
                refused_address.address_key = contact.address_key
                and (
                    refused_address.gdpr_category is null
                    or (
                        refused_address.gdpr_category = collection.gdpr_category
                        and collection.gdpr_category <> 'unclassified'
                    )
                )
        ) as is_refused,
        case when collection.gdpr_category <> 'unclassified' then unreadable_address.contact_id end
            as unreadable_contact_id,
        -- The contact's own row first.
        coalesce(consent.unreadable_detail, unreadable_address.detail) as unreadable_detail,
        contact.unreadable_detail as unreadable_row
    from sync.staging_run as run
    inner join sync.staged_collection as collection on run.staging_id = collection.staging_id
    inner join staging.membership as member
        on
            collection.staging_id = member.staging_id
            and collection.collection_id = member.collection_id
    inner join staging.contact as contact
        on member.staging_id = contact.staging_id and member.contact_id = contact.contact_id
    left join staging.consent as consent
        on
            contact.staging_id = consent.staging_id
            and contact.contact_id = consent.contact_id
            and collection.gdpr_category = consent.gdpr_category
    left join unreadable_address on contact.address_key = unreadable_address.address_key
    where run.staging_id = %(staging_id)s and collection.problem_code is null
),

reasoned as (
    select
        candidate.*,
        case
            when candidate.own_reason is not null then candidate.own_reason
            when candidate.is_refused then 'shared_address_refused'
            when candidate.unreadable_contact_id is not null then 'unreadable_consent'
        end as reason_code
    from candidate
),

represented as (
    select
        reasoned.*,
        min(reasoned.contact_id) filter (where reasoned.reason_code is null)
            over (partition by reasoned.collection_id, reasoned.address_key) as winner_id
    from reasoned
)

select
    %(staging_id)s,
    represented.collection_id,
    represented.contact_id,
    case
        when represented.reason_code is not null then represented.reason_code
        when represented.winner_id <> represented.contact_id then 'duplicate_email'
        when
            exists (
                select from sync.suppression
                where
                    (suppression.kind = 'address' and suppression.digest = represented.address_digest)
                    or (suppression.kind = 'contact' and suppression.digest = represented.contact_digest)
            )
            then 'suppressed_forgotten'
    end as reason_code,
    case
        when represented.reason_code is null and represented.winner_id <> represented.contact_id
            then format('contact %%s represents this address', represented.winner_id)
        when
            represented.reason_code = 'unreadable_consent'
            and represented.own_reason is null
            and represented.unreadable_contact_id <> represented.contact_id
            then
                concat_ws(
                    ', ', represented.unreadable_detail,
                    format('of contact %%s, which has the same address', represented.unreadable_contact_id)
                )
        when represented.reason_code = 'unreadable_consent' then represented.unreadable_detail
        when represented.reason_code = 'unreadable_row' then represented.unreadable_row
    end as detail,
    represented.address_key,
    sync.subscriber_hash(represented.address_key) as subscriber_hash,
    represented.consent_id,
    represented.content_hash
from represented
