-- Fills present_now after a loss of the state. The collection had other audiences (earlier_lists), and its
-- tag is not in the present one. Somebody is in the present one by the sync, also by another collection, and
-- archived in an earlier one. Perhaps the collection had moved, and somebody deleted its tag. Or nobody has
-- confirmed yet. Perhaps the person refused the collection.
insert into present_now (subscriber_hash, contact_id)
with here as (
    select
        member.subscriber_hash,
        member.contact_id
    from sync.member as member
    where
        member.list_id = %(list_id)s
        and member.status in ('subscribed', 'pending')
        and member.origin in ('created', 'adopted')
        and member.cause is distinct from 'forgotten'
        -- The sync pushed it before the loss.
        and member.synced_at is null
),

archived as (
    select
        member.subscriber_hash,
        member.contact_id
    from sync.member as member
    where member.list_id = any(%(earlier_lists)s::text[]) and member.status = 'archived'
),

eligible as (
    select
        verdict.contact_id,
        verdict.subscriber_hash
    from staging.verdict as verdict
    where
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        -- A consent that cannot be read now may have been there before.
        and (verdict.reason_code is null or verdict.reason_code = 'unreadable_consent')
),

merged as (
    select
        merged_id,
        contact_id
    from staging.merged
    where staging_id = %(staging_id)s
),

-- A contact that was merged into another one is the same person.
present as (
    select
        here.subscriber_hash,
        eligible.contact_id
    from here
    inner join eligible on here.contact_id = eligible.contact_id
    union
    select
        here.subscriber_hash,
        eligible.contact_id
    from here
    inner join eligible on here.subscriber_hash = eligible.subscriber_hash
    union
    select
        here.subscriber_hash,
        eligible.contact_id
    from here
    inner join merged on here.contact_id = merged.merged_id
    inner join eligible on merged.contact_id = eligible.contact_id
),

away as (
    select present.subscriber_hash
    from present
    inner join archived on present.subscriber_hash = archived.subscriber_hash
    union
    select present.subscriber_hash
    from present
    inner join archived on present.contact_id = archived.contact_id
    union
    select present.subscriber_hash
    from present
    inner join merged on present.contact_id = merged.contact_id
    inner join archived on merged.merged_id = archived.contact_id
)

select
    present.subscriber_hash,
    min(present.contact_id) as contact_id
from present
inner join away on present.subscriber_hash = away.subscriber_hash
group by present.subscriber_hash
