-- What sync knows of the erased people, away; gives the rows removed by table.
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

-- What the crm was told is still to be taken away there, whenever the write-back runs.
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
)

select
    jsonb_build_object(
        'sync.member', (select count(*) from member),
        'sync.consent_proof', (select count(*) from proof),
        'sync.rejection', (select count(*) from rejection),
        'sync.removal_request_member', (select count(*) from removal),
        'sync.subscriber_alias', (select count(*) from alias),
        'sync.written_status', (select count(*) from written),
        'sync.quarantine', (select count(*) from held_back)
    ) as rows_removed
