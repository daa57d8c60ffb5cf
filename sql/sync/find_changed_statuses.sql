-- Statuses to write into the CRM, by contact and collection, without those that the CRM already has. The
-- status is Mailchimp's, if there is one. Beside it is the reason that holds the contact back. Without a
-- member the status is 'quarantined'. So it is in a shared audience if the member gets the mail of other
-- collections only. A row to remove has no status.
create temporary table changed_status on commit drop as
with collection as (
    select distinct on (collection_code)
        collection_code,
        collection_id
    from sync.staged_collection
    order by collection_code asc, staging_id desc
),

held_back as (
    select
        collection.collection_id,
        quarantine.contact_id,
        quarantine.reason_code,
        quarantine.first_seen_at
    from sync.quarantine as quarantine
    inner join collection on quarantine.collection_code = collection.collection_code
    where
        quarantine.resolved_at is null
        and quarantine.reason_code not in ('invalid_field_value', 'address_changed')
),

placed as (
    select
        membership.collection_id,
        membership.contact_id,
        membership.list_id,
        membership.subscriber_hash
    from sync.membership as membership
    where membership.contact_id is not null
    union
    -- Without the collection's tag a contact may still be a member of the shared audience.
    select
        audience.collection_id,
        held_back.contact_id,
        audience.list_id,
        untagged.subscriber_hash
    from held_back
    inner join sync.collection_audience as audience
        on held_back.collection_id = audience.collection_id and audience.shared_id is not null
    inner join sync.member as untagged
        on
            audience.list_id = untagged.list_id
            and held_back.contact_id = untagged.contact_id
            and untagged.status <> 'subscribed'
    where
        -- An address that the contact had before says nothing while the present one is a member.
        not exists (
            select from sync.member as present
            where
                present.list_id = audience.list_id
                and present.contact_id = held_back.contact_id
                and present.status = 'subscribed'
        )
    union
    -- Who left the last collection of a shared audience is archived there, and has no tag any more.
    select
        written.collection_id,
        written.contact_id,
        audience.list_id,
        archived.subscriber_hash
    from sync.written_status as written
    inner join sync.collection_audience as audience
        on written.collection_id = audience.collection_id and audience.shared_id is not null
    inner join sync.member as archived
        on
            audience.list_id = archived.list_id
            and written.contact_id = archived.contact_id
            and archived.status = 'archived'
    where
        not exists (
            select from sync.member as present
            where
                present.list_id = audience.list_id
                and present.contact_id = written.contact_id
                and sync.may_be_mailed(present.status)
        )
),

member as (
    select distinct on (placed.collection_id, placed.contact_id)
        placed.collection_id,
        placed.contact_id,
        case known.status when 'transactional' then 'unsubscribed' else known.status end as status,
        known.cause,
        known.status_since
    from placed
    inner join sync.member as known
        on placed.list_id = known.list_id and placed.subscriber_hash = known.subscriber_hash
    where
        known.cause is distinct from 'forgotten'
        and known.status in ('subscribed', 'pending', 'unsubscribed', 'cleaned', 'archived', 'transactional')
    order by
        placed.collection_id asc,
        placed.contact_id asc,
        -- A contact's earlier addresses stay in the audience: the address that gets mail comes first.
        array_position(
            array['subscribed', 'pending', 'unsubscribed', 'cleaned', 'transactional', 'archived'],
            known.status
        ) asc,
        known.status_since desc
),

changed_address as (
    select
        audience.collection_id,
        changed.contact_id
    from sync.changed_address as changed
    inner join sync.collection_audience as audience on changed.list_id = audience.list_id
    where changed.ended_at is null
),

current_status as (
    select
        coalesce(member.collection_id, held_back.collection_id) as collection_id,
        coalesce(member.contact_id, held_back.contact_id) as contact_id,
        coalesce(member.status, 'quarantined') as status,
        coalesce(
            held_back.reason_code,
            member.cause,
            case when changed_address.contact_id is not null then 'address_changed' end
        ) as reason,
        greatest(member.status_since, held_back.first_seen_at) as changed_at
    from member
    full join held_back
        on member.collection_id = held_back.collection_id and member.contact_id = held_back.contact_id
    left join changed_address
        on
            member.collection_id = changed_address.collection_id
            and member.contact_id = changed_address.contact_id
)

select
    current_status.status,
    current_status.reason,
    coalesce(current_status.collection_id, written.collection_id) as collection_id,
    coalesce(current_status.contact_id, written.contact_id) as contact_id,
    coalesce(current_status.changed_at, now()) as changed_at
from current_status
full join sync.written_status as written
    on current_status.collection_id = written.collection_id and current_status.contact_id = written.contact_id
where
    current_status.status is distinct from written.status
    or current_status.reason is distinct from written.reason
