-- Traces of persons erased before, which a restored backup brings back. They are hashes and contacts with a
-- digest on the lists.
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

held as (
    select
        subscriber_hash,
        coalesce(last_changed, status_since) as held_since
    from sync.member
    union all
    select
        subscriber_hash,
        justified_at as held_since
    from sync.consent_proof
    union all
    select
        subscriber_hash,
        tagged_at as held_since
    from sync.tag_member
    union all
    select
        subscriber_hash,
        rejected_at as held_since
    from sync.rejection
    union all
    select
        removal.subscriber_hash,
        request.requested_at as held_since
    from sync.removal_request_member as removal
    inner join sync.removal_request as request on removal.plan_id = request.plan_id
    union all
    select
        unnest(array[old_hash, new_hash]) as subscriber_hash,
        noticed_at as held_since
    from sync.changed_address
    union all
    select
        recipient.subscriber_hash,
        coalesce(campaign.sent_at, '-infinity') as held_since
    from stats.campaign_recipients as recipient
    inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
    union all
    select
        subscriber_hash,
        occurred_at as held_since
    from stats.member_activities
),

-- Rows after the erasure belong to a person who signed up again. They are no traces.
held_hash as (
    select
        subscriber_hash,
        min(held_since) as held_since
    from held
    group by subscriber_hash
),

held_contact as (
    select
        contact_id,
        '-infinity'::timestamptz as held_since
    from (
        select contact_id from sync.member
        union
        select contact_id from sync.consent_proof
        union
        select contact_id from sync.tag_member
        union
        select contact_id from sync.rejection
        union
        select contact_id from sync.removal_request_member
        union
        select contact_id from sync.changed_address
        union
        -- While the CRM has an erased contact, the write-back goes on to say that it is held back.
        select contact_id from sync.written_status
        where status <> 'quarantined'
    ) as named
    where contact_id is not null
    union
    select
        contact_id,
        first_seen_at as held_since
    from sync.address_holder
    union
    select
        unnest(array[belongs.contact_id, belongs.merged_from]) as contact_id,
        refusal.known_at as held_since
    from sync.refusal_contact as belongs
    inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
),

known_contact as (
    select
        contact_id,
        min(held_since) as held_since
    from held_contact
    where contact_id is not null
    group by contact_id
)

select
    held_hash.subscriber_hash,
    null::bigint as contact_id,
    erased.erased_at as belongs_until
from held_hash
cross join pads
inner join sync.erased_subscriber as erased
    on
        sync.keyed_digest(pads.inner_pad, pads.outer_pad, 'subscriber:' || held_hash.subscriber_hash)
        = erased.digest
where held_hash.held_since <= erased.erased_at
union all
select
    null as subscriber_hash,
    known_contact.contact_id,
    suppression.suppressed_at as belongs_until
from known_contact
cross join pads
inner join sync.suppression as suppression
    on
        suppression.kind = 'contact'
        and sync.keyed_digest(pads.inner_pad, pads.outer_pad, 'contact:' || known_contact.contact_id)
        = suppression.digest
where known_contact.held_since <= suppression.suppressed_at
union all
-- Refusals without a contact, of an address that no contact holds: known by their digest alone.
select
    null as subscriber_hash,
    null::bigint as contact_id,
    erased.erased_at as belongs_until
from sync.refusal as refusal
inner join sync.erased_subscriber as erased on refusal.address_digest = erased.digest
where
    refusal.known_at <= erased.erased_at
    and not exists (
        select from sync.refusal_contact as belongs
        where belongs.refusal_id = refusal.refusal_id
    )
    and not exists (
        select from sync.address_holder as holder
        where holder.address_digest = refusal.address_digest and holder.left_at is null
    )
