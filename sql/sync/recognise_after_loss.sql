-- The first look at an audience that CRMREF marks as ours, after a loss of the sync state. Some members
-- that we created have another address than their contact in the CRM. A few of them are persons who changed
-- their address. Many at once are a change in the CRM, such as a new domain.
insert into sync.changed_address (list_id, contact_id, old_hash, new_hash, changed_at)
with moved as materialized (
    select distinct on (member.list_id, member.contact_id)
        member.list_id,
        member.contact_id,
        sync.subscriber_hash(verdict.address_key) as old_hash,
        member.subscriber_hash as new_hash,
        coalesce(member.last_changed, now()) as changed_at
    from sync.member as member
    inner join staging.verdict as verdict
        on
            verdict.staging_id = %(staging_id)s
            and verdict.collection_id = %(collection_id)s
            and member.contact_id = verdict.contact_id
    where
        member.list_id = %(list_id)s
        and member.origin = 'created'
        and member.status = 'subscribed'
        and member.synced_at is null
        and verdict.reason_code is null
        and verdict.address_key is not null
        -- If another contact has the address in the CRM, the person did not choose it.
        and not exists (
            select from staging.contact as other
            where
                other.staging_id = %(staging_id)s
                and other.contact_id <> member.contact_id
                and sync.subscriber_hash(other.address_key) = member.subscriber_hash
        )
        -- Two conditions: Postgres would compare each member with each other for one with both.
        and not exists (
            select from sync.member as present
            where
                present.list_id = member.list_id
                and present.subscriber_hash = sync.subscriber_hash(verdict.address_key)
        )
        and not exists (
            select from sync.subscriber_alias as alias
            inner join sync.member as present
                on alias.subscriber_hash = present.subscriber_hash
            where
                present.list_id = member.list_id
                and alias.address_hash = sync.subscriber_hash(verdict.address_key)
        )
    order by member.list_id asc, member.contact_id asc, member.last_changed desc
),

pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

counted as (
    select
        moved.*,
        count(*) over () as many
    from moved
    cross join pads
    -- If the contact had the member's address in the CRM since the loss, the CRM changed it.
    where
        not exists (
            select from sync.address_holder as held
            where
                held.contact_id = moved.contact_id
                and held.address_digest
                = sync.keyed_digest(pads.inner_pad, pads.outer_pad, 'subscriber:' || moved.new_hash)
        )
)

select
    counted.list_id,
    counted.contact_id,
    counted.old_hash,
    counted.new_hash,
    counted.changed_at
from counted
where
    counted.many < 5
    or counted.many <= 0.05 * (
        select count(*) from sync.member as made
        where made.list_id = %(list_id)s and made.origin = 'created' and made.status = 'subscribed'
    )
on conflict do nothing
