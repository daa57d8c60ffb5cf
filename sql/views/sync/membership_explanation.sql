create or replace view sync.membership_explanation as
-- Everybody who is, was or may become a member: by address if we know one, otherwise by contact.
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
        tag.collection_code,
        tagged.list_id,
        tagged.subscriber_hash,
        tagged.contact_id
    from sync.tag_member as tagged
    inner join sync.tag as tag on tagged.list_id = tag.list_id and tagged.collection_id = tag.collection_id
    where tag.left_at is null
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
    left join sync.collection_audience as audience on quarantine.collection_code = audience.collection_code
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
        member.status in ('subscribed', 'pending')
        and member.cause is distinct from 'forgotten'
        -- In a shared audience the collection's tag counts.
        and (
            tag.collection_id is null
            or (tagged.subscriber_hash is not null and tagged.taken_by_hand_at is null)
        ),
        false
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
left join sync.tag as tag
    on
        known.list_id = tag.list_id
        and known.collection_code = tag.collection_code
        and tag.left_at is null
left join sync.tag_member as tagged
    on
        tag.list_id = tagged.list_id
        and tag.collection_id = tagged.collection_id
        and known.subscriber_hash = tagged.subscriber_hash
left join sync.member as member
    on
        known.list_id = member.list_id
        and known.subscriber_hash = member.subscriber_hash
        -- A foreign member has no contact. But it may have the address of a contact. In a shared audience
        -- each collection may have another contact of the same address.
        and (
            member.contact_id is null
            or known.contact_id = member.contact_id
            or known.contact_id = tagged.contact_id
        )
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
        and (
            newest.collection_code = known.collection_code
            or not exists (
                select from sync.tag as any_tag
                where any_tag.list_id = known.list_id
            )
        )
    order by newest.proof_id desc
    limit 1
) as proof on true;
comment on view sync.membership_explanation is
'Why an address or a contact is in an audience, or why not. One row is a collection, an address and a '
'contact.';
comment on column sync.membership_explanation.in_audience is
'Whether the member is subscribed or pending, and not permanently deleted.';
comment on column sync.membership_explanation.consent_id is
'Row of crm.consent that justified the member; null without a proof, and if the category needs no consent.';
comment on column sync.membership_explanation.run_id is
'Run that justified the member; null without a proof.';
comment on column sync.membership_explanation.ended_at is
'Time at which the proof ended; null while it holds, and without a proof.';
comment on column sync.membership_explanation.reason_code is
'Reason that holds the contact back: sync.reason; null if nothing does.';
comment on column sync.membership_explanation.in_collection is
'Whether the collection''s newest staging has the contact.';
comment on column sync.membership_explanation.collection_code is 'Code of the collection.';
comment on column sync.membership_explanation.list_id is 'Audience; null if the collection has none yet.';
comment on column sync.membership_explanation.subscriber_hash is
'Member id of the address; null if the contact has no usable address.';
comment on column sync.membership_explanation.contact_id is
'Contact of the CRM; null if the member is not ours.';
comment on column sync.membership_explanation.status is
'Status of the member in Mailchimp; null if it is not a member.';
comment on column sync.membership_explanation.origin is
'Origin of the member: created, adopted or foreign; null if it is not a member.';
comment on column sync.membership_explanation.cause is
'Cause of the status; null if subscribed, or not a member.';
comment on column sync.membership_explanation.cause_detail is 'Reason of a removal by us; null without one.';
comment on column sync.membership_explanation.status_since is
'Time since which the status holds; null if it is not a member.';
comment on column sync.membership_explanation.synced_at is
'Time at which one of our calls last changed the member; null without one.';
comment on column sync.membership_explanation.gdpr_category is
'Category of the newest proof; null without a proof.';
comment on column sync.membership_explanation.campaign_type is
'Campaign type of the newest proof; null without a proof.';
comment on column sync.membership_explanation.rules_version is
'Version of the rules of the newest proof; null without a proof.';
comment on column sync.membership_explanation.justified_at is
'Time from which the proof holds; null without a proof.';
comment on column sync.membership_explanation.end_cause is
'Cause of the proof''s end; null while it holds, and without a proof.';
comment on column sync.membership_explanation.reason_detail is 'Details of the reason; null if none.';
comment on column sync.membership_explanation.explanation is
'Explanation of the reason, in words; null without a reason.';
comment on column sync.membership_explanation.what_to_do is
'What a person can do about the reason; null without a reason.';
comment on column sync.membership_explanation.first_seen_at is
'Time at which the quarantine first had the contact with this reason; null without an open row.';
comment on column sync.membership_explanation.last_seen_at is
'Time at which the quarantine last had it; null without an open row.';
comment on column sync.membership_explanation.judged_by_run is
'Run of the collection''s newest staging; null if it does not have the contact.';
comment on column sync.membership_explanation.judged_at is
'Time of the collection''s newest staging; null if it does not have the contact.';
