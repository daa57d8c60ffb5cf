-- Counts of what must never happen, per collection. They come from the staged facts, and not from the rules
-- that made the verdicts. Every count but the last two must be zero.
insert into sync.staging_invariant
with verdict as (
    select * from staging.verdict
    where staging_id = %(staging_id)s
),

eligible as (
    select
        verdict.*,
        collection.gdpr_category,
        run.clock,
        coalesce(run.refusal_clock, run.clock) as refusal_clock
    from verdict
    inner join sync.staged_collection as collection
        on verdict.staging_id = collection.staging_id and verdict.collection_id = collection.collection_id
    inner join sync.staging_run as run on verdict.staging_id = run.staging_id
    where verdict.reason_code is null
),

refused as (
    select
        address_key,
        contact_id,
        gdpr_category
    from staging.refusal
    where staging_id = %(staging_id)s and not is_unreadable
),

previous as (
    select distinct on (collection_code)
        collection_code,
        eligible
    from sync.collection_run
    where state = 'succeeded'
    order by collection_code asc, finished_at desc
)

select
    collection.staging_id,
    collection.collection_code,
    (
        select count(*) from staging.membership as member
        where
            member.staging_id = collection.staging_id
            and member.collection_id = collection.collection_id
            and not exists (
                select from verdict
                where verdict.collection_id = member.collection_id and verdict.contact_id = member.contact_id
            )
    ) as contacts_without_verdict,
    (
        select count(*) from (
            select from verdict
            where verdict.collection_id = collection.collection_id
            group by verdict.contact_id
            having count(*) > 1
        ) as repeated
    ) as contacts_with_two_verdicts,
    (
        select count(*) from verdict
        where
            verdict.collection_id = collection.collection_id
            and verdict.reason_code is not null
            and not exists (
                select from sync.reason
                where reason.reason_code = verdict.reason_code
            )
    ) as unknown_reasons,
    (
        select count(*) from eligible
        where
            eligible.collection_id = collection.collection_id
            and (
                eligible.address_key is null
                or eligible.address_key
                !~ '^[a-z0-9!#$%%&''*+/=?^_`{|}~.-]{1,64}@([a-z0-9-]{1,63}[.])+([a-z]{2,63}|xn--[a-z0-9-]+)$'
                or eligible.address_key <> lower(btrim(eligible.address_key))
            )
    ) as eligible_without_valid_address,
    (
        select count(*) - count(distinct eligible.address_key) from eligible
        where eligible.collection_id = collection.collection_id
    ) as repeated_eligible_addresses,
    (
        select count(*) from eligible
        where
            eligible.collection_id = collection.collection_id
            and eligible.gdpr_category is distinct from 'unclassified'
            and not exists (
                select from staging.consent as consent
                where
                    consent.staging_id = collection.staging_id
                    and consent.contact_id = eligible.contact_id
                    and consent.gdpr_category = eligible.gdpr_category
                    and consent.granted
                    and not consent.is_unreadable
                    and consent.effective_at <= eligible.clock
                    and (consent.expires_at is null or consent.expires_at > eligible.refusal_clock)
            )
    ) as eligible_without_consent,
    (
        select count(*) from eligible
        where
            eligible.collection_id = collection.collection_id
            and exists (
                select from refused
                where
                    (refused.address_key = eligible.address_key or refused.contact_id = eligible.contact_id)
                    and (
                        refused.gdpr_category is null
                        or (
                            refused.gdpr_category = eligible.gdpr_category
                            and eligible.gdpr_category <> 'unclassified'
                        )
                    )
            )
    ) as eligible_refused_or_erased,
    (
        select count(*) from eligible
        inner join staging.contact as contact
            on eligible.staging_id = contact.staging_id and eligible.contact_id = contact.contact_id
        where
            eligible.collection_id = collection.collection_id
            and (not contact.is_active or contact.merged_into_id is not null)
    ) as eligible_inactive,
    (
        select count(*) from eligible
        inner join staging.contact as contact
            on eligible.staging_id = contact.staging_id and eligible.contact_id = contact.contact_id
        inner join sync.suppression as suppression
            on suppression.digest in (contact.address_digest, contact.contact_digest)
        where eligible.collection_id = collection.collection_id
    ) as eligible_suppressed,
    collection.eligible as eligible_contacts,
    -- A few more or fewer mean nothing.
    case
        when greatest(collection.eligible, previous.eligible) >= 20
            then round(collection.eligible::numeric / nullif(previous.eligible, 0), 3)
    end as eligible_ratio_to_last_time
from sync.staged_collection as collection
left join previous on collection.collection_code = previous.collection_code
where collection.staging_id = %(staging_id)s and collection.problem_code is null
order by collection.collection_code
