-- Prepares the new ids of the members of readdressed_member. Refusals at the new address under another
-- contact stay in sync.refusal.
with displaced as (
    delete from sync.member as member
    using readdressed_member as changed
    where member.list_id = changed.list_id and member.subscriber_hash = changed.new_hash
),

untagged as (
    delete from sync.tag_member as tagged
    using readdressed_member as changed
    where tagged.list_id = changed.list_id and tagged.subscriber_hash = changed.new_hash
),

ended as (
    update sync.consent_proof as proof
    set ended_at = now(), end_cause = 'forgotten'
    from readdressed_member as changed
    where
        proof.list_id = changed.list_id
        and proof.subscriber_hash = changed.new_hash
        and proof.ended_at is null
),

-- A member that we found gone under its old id was not deleted.
unforgotten as (
    delete from sync.refusal as refusal
    using
        readdressed_member as changed,
        (
            select
                sync.hmac_pad(54) as inner_pad,
                sync.hmac_pad(92) as outer_pad
        ) as pads
    where
        refusal.list_id = changed.list_id
        and refusal.kind = 'forgotten'
        and refusal.ended_at is null
        and refusal.address_digest
        = sync.keyed_digest(pads.inner_pad, pads.outer_pad, 'subscriber:' || changed.old_hash)
),

unrejected as (
    delete from sync.rejection as rejection
    using readdressed_member as changed
    where rejection.list_id = changed.list_id and rejection.subscriber_hash = changed.old_hash
),

chained as (
    update sync.changed_address as earlier
    set
        new_hash = changed.new_hash,
        changed_at = changed.last_changed,
        -- The person went back to the CRM's address.
        ended_at = case when earlier.old_hash = changed.new_hash then now() end
    from readdressed_member as changed
    where
        earlier.list_id = changed.list_id
        and earlier.new_hash = changed.old_hash
        and earlier.ended_at is null
    returning earlier.list_id, earlier.contact_id
)

insert into sync.changed_address (list_id, contact_id, old_hash, new_hash, changed_at)
select
    changed.list_id,
    changed.contact_id,
    changed.old_hash,
    changed.new_hash,
    changed.last_changed
from readdressed_member as changed
where
    changed.contact_id is not null
    and not exists (
        select from chained
        where chained.list_id = changed.list_id and chained.contact_id = changed.contact_id
    )
on conflict (list_id, contact_id, old_hash) do update set
    new_hash = excluded.new_hash,
    changed_at = excluded.changed_at,
    noticed_at = now(),
    ended_at = null
