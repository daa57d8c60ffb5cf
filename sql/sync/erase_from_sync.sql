-- Removes the erased persons from the sync state. Returns the removed rows by table.
with member as (
    delete from sync.member as member
    where
        member.contact_id in (select erased.contact_id from erased_contact as erased)
        or exists (
            select from erased_hash as erased
            where
                member.subscriber_hash = erased.subscriber_hash
                and coalesce(member.last_changed, member.status_since) <= erased.belongs_until
        )
    returning 1
),

-- The marts show them until their next refresh: not these.
attribute as (
    delete from sync.contact_attribute as attribute
    where attribute.contact_id in (select erased.contact_id from erased_contact as erased)
    returning 1
),

shown as (
    update mart.contacts as contact
    set language = null, city = null, country = null
    where contact.contact_id in (select erased.contact_id from erased_contact as erased)
),

tagged as (
    delete from sync.tag_member as tagged
    where
        tagged.contact_id in (select erased.contact_id from erased_contact as erased)
        or exists (
            select from erased_hash as erased
            where
                tagged.subscriber_hash = erased.subscriber_hash
                and tagged.tagged_at <= erased.belongs_until
        )
    returning 1
),

proof as (
    delete from sync.consent_proof as proof
    where
        proof.contact_id in (select erased.contact_id from erased_contact as erased)
        or exists (
            select from erased_hash as erased
            where
                proof.subscriber_hash = erased.subscriber_hash
                and proof.justified_at <= erased.belongs_until
        )
    returning 1
),

rejection as (
    delete from sync.rejection as rejection
    where
        rejection.contact_id in (select erased.contact_id from erased_contact as erased)
        or exists (
            select from erased_hash as erased
            where
                rejection.subscriber_hash = erased.subscriber_hash
                and rejection.rejected_at <= erased.belongs_until
        )
    returning 1
),

removal as (
    delete from sync.removal_request_member as removal
    using sync.removal_request as request
    where
        removal.plan_id = request.plan_id
        and (
            removal.contact_id in (select erased.contact_id from erased_contact as erased)
            or exists (
                select from erased_hash as erased
                where
                    removal.subscriber_hash = erased.subscriber_hash
                    and request.requested_at <= erased.belongs_until
            )
        )
    returning 1
),

alias as (
    delete from sync.subscriber_alias as alias
    where
        exists (
            select from erased_hash as erased
            where
                erased.subscriber_hash in (alias.address_hash, alias.subscriber_hash)
                and alias.noted_at <= erased.belongs_until
        )
    returning 1
),

pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

written as (
    delete from sync.written_status as written
    where written.contact_id in (select erased.contact_id from erased_contact as erased)
    returning written.collection_id, written.contact_id
),

-- Rows that we wrote into the CRM are still to be removed there, whenever the write-back runs.
noted as (
    insert into sync.erased_status (collection_id, contact_digest)
    select
        written.collection_id,
        sync.keyed_digest(pads.inner_pad, pads.outer_pad, 'contact:' || written.contact_id) as contact_digest
    from written
    cross join pads
    on conflict (collection_id, contact_digest) do nothing
),

held_back as (
    delete from sync.quarantine as quarantine
    where quarantine.contact_id in (select erased.contact_id from erased_contact as erased)
    returning 1
),

holder as (
    delete from sync.address_holder as holder
    where holder.contact_id in (select erased.contact_id from erased_contact as erased)
    returning 1
),

changed as (
    delete from sync.changed_address as changed
    where
        changed.contact_id in (select erased.contact_id from erased_contact as erased)
        or exists (
            select from erased_hash as erased
            where
                erased.subscriber_hash in (changed.old_hash, changed.new_hash)
                and changed.noticed_at <= erased.belongs_until
        )
    returning 1
),

-- A contact that took a note over from an erased one keeps it as its own.
freed_note as (
    update sync.changed_address as changed
    set copied_from = null
    where
        changed.copied_from in (select erased.contact_id from erased_contact as erased)
        and changed.contact_id not in (select erased.contact_id from erased_contact as erased)
        and not exists (
            select from erased_hash as erased
            where
                erased.subscriber_hash in (changed.old_hash, changed.new_hash)
                and changed.noticed_at <= erased.belongs_until
        )
    returning 1
),

-- Refusals are found by the digest of the address, even if Mailchimp has another id for it.
erased_digest as (
    select
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, erased.subscriber_hash)
        ) as address_digest,
        erased.belongs_until
    from erased_hash as erased
    cross join pads
    left join sync.subscriber_alias as alias on erased.subscriber_hash = alias.subscriber_hash
    union
    -- Rows of earlier erased persons that a restored backup brought back have no hash here any more.
    select
        digest as address_digest,
        erased_at as belongs_until
    from sync.erased_subscriber
    where erased_at is not null
),

-- Refusals of the person: made at one of the addresses, or under one of the contacts.
own_refusal as (
    select refusal.refusal_id
    from sync.refusal as refusal
    inner join erased_digest as erased on refusal.address_digest = erased.address_digest
    where refusal.known_at <= erased.belongs_until
    union
    select belongs.refusal_id
    from sync.refusal_contact as belongs
    where belongs.contact_id in (select erased.contact_id from erased_contact as erased)
),

-- A refusal that also belongs to another contact, or to the present holder of the address, stays with them.
removed_refusal as (
    delete from sync.refusal as refusal
    where
        refusal.refusal_id in (select own_refusal.refusal_id from own_refusal)
        and not exists (
            select from sync.refusal_contact as belongs
            where
                belongs.refusal_id = refusal.refusal_id
                and belongs.contact_id not in (select erased.contact_id from erased_contact as erased)
        )
        and not exists (
            select from sync.address_holder as other
            where
                other.address_digest = refusal.address_digest
                and other.left_at is null
                and other.contact_id not in (select erased.contact_id from erased_contact as erased)
        )
    returning 1
),

removed_belonging as (
    delete from sync.refusal_contact as belongs
    where belongs.contact_id in (select erased.contact_id from erased_contact as erased)
    returning 1
),

-- The contact into which an erased contact was merged keeps the refusal as its own.
freed_belonging as (
    update sync.refusal_contact as belongs
    set merged_from = null
    where
        belongs.merged_from in (select erased.contact_id from erased_contact as erased)
        and belongs.contact_id not in (select erased.contact_id from erased_contact as erased)
    returning 1
)

select
    jsonb_build_object(
        'sync.member', (select count(*) from member),
        'sync.contact_attribute', (select count(*) from attribute),
        'sync.tag_member', (select count(*) from tagged),
        'sync.consent_proof', (select count(*) from proof),
        'sync.rejection', (select count(*) from rejection),
        'sync.removal_request_member', (select count(*) from removal),
        'sync.subscriber_alias', (select count(*) from alias),
        'sync.written_status', (select count(*) from written),
        'sync.quarantine', (select count(*) from held_back),
        'sync.address_holder', (select count(*) from holder),
        'sync.changed_address', (select count(*) from changed) + (select count(*) from freed_note),
        'sync.refusal', (select count(*) from removed_refusal),
        'sync.refusal_contact',
        (select count(*) from removed_belonging) + (select count(*) from freed_belonging)
    ) as rows_removed
