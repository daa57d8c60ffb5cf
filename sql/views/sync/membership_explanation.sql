create or replace view sync.membership_explanation as
-- Whoever is, was, or might be in an audience: by address where one is known, else by contact.
with known as (
    select
        audience.collection_code,
        member.list_id,
        member.subscriber_hash,
        member.contact_id
    from sync.member as member
    inner join sync.audience as audience on member.list_id = audience.list_id
    union
    select
        collection_code,
        list_id,
        subscriber_hash,
        contact_id
    from sync.consent_proof
    union
    select
        collection_code,
        list_id,
        subscriber_hash,
        contact_id
    from sync.newest_verdict
    union
    select
        quarantine.collection_code,
        audience.list_id,
        null as subscriber_hash,
        quarantine.contact_id
    from sync.quarantine as quarantine
    left join sync.audience as audience on quarantine.collection_code = audience.collection_code
    where
        quarantine.resolved_at is null
        and quarantine.reason_code not in ('invalid_field_value', 'address_changed')
        and not exists (
            select from sync.newest_verdict as verdict
            where
                verdict.collection_code = quarantine.collection_code
                and verdict.contact_id = quarantine.contact_id
        )
)

select
    known.collection_code,
    known.list_id,
    known.subscriber_hash,
    known.contact_id,
    coalesce(
        member.status in ('subscribed', 'pending') and member.cause is distinct from 'forgotten', false
    ) as in_audience,
    member.status,
    member.origin,
    member.cause,
    member.cause_detail,
    member.status_since,
    member.synced_at,
    proof.consent_id,
    proof.gdpr_category,
    proof.campaign_type,
    proof.rules_version,
    proof.run_id,
    proof.justified_at,
    proof.ended_at,
    proof.end_cause,
    coalesce(quarantine.reason_code, verdict.reason_code) as reason_code,
    coalesce(quarantine.detail, verdict.detail) as reason_detail,
    reason.explanation,
    reason.what_to_do,
    quarantine.first_seen_at,
    quarantine.last_seen_at,
    verdict.contact_id is not null as in_collection,
    verdict.run_id as judged_by_run,
    verdict.clock as judged_at
from known
left join sync.member as member
    on
        known.list_id = member.list_id
        and known.subscriber_hash = member.subscriber_hash
        and known.contact_id is not distinct from member.contact_id
left join sync.newest_verdict as verdict
    on known.collection_code = verdict.collection_code and known.contact_id = verdict.contact_id
left join sync.quarantine as quarantine
    on
        known.collection_code = quarantine.collection_code
        and known.contact_id = quarantine.contact_id
        and quarantine.resolved_at is null
        and quarantine.reason_code not in ('invalid_field_value', 'address_changed')
left join sync.reason as reason
    on coalesce(quarantine.reason_code, verdict.reason_code) = reason.reason_code
left join lateral (
    select newest.*
    from sync.consent_proof as newest
    where
        newest.list_id = known.list_id
        and newest.subscriber_hash = known.subscriber_hash
        and newest.contact_id = known.contact_id
    order by newest.proof_id desc
    limit 1
) as proof on true;
comment on view sync.membership_explanation is
'Why an address or a contact is in an audience, or why not: a row per collection, address and contact.';
comment on column sync.membership_explanation.in_audience is 'Subscribed, or asked to confirm.';
comment on column sync.membership_explanation.consent_id is
'Row of crm.consent; null where the category asks for none.';
comment on column sync.membership_explanation.run_id is 'The run that justified the member.';
comment on column sync.membership_explanation.ended_at is 'Null: the justification holds.';
comment on column sync.membership_explanation.reason_code is 'Why the contact is held back, if it is.';
comment on column sync.membership_explanation.in_collection is
'Whether the collection''s newest snapshot holds the contact.';
