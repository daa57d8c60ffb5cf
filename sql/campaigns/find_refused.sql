-- Subscribed members, ours and foreign, with a refusal of their address or of their contact. Mailchimp may
-- keep an address under a member id of its own.
with refused_member as (
    select
        refusal.contact_id,
        refusal.is_unreadable,
        coalesce(alias.subscriber_hash, refusal.subscriber_hash) as subscriber_hash
    from refusal
    left join sync.subscriber_alias as alias on refusal.subscriber_hash = alias.address_hash
),

mailed as materialized (
    select
        member.subscriber_hash,
        member.contact_id,
        member.origin <> 'foreign' as is_ours
    from sync.member as member
    where
        member.list_id = %(list_id)s
        and sync.may_be_mailed(member.status)
        and member.status <> 'pending'
        and member.cause is distinct from 'forgotten'
        and (
            %(tagged_for)s::bigint is null
            or exists (
                select from sync.tag_member as tagged
                where
                    tagged.list_id = member.list_id
                    and tagged.collection_id = %(tagged_for)s
                    and tagged.subscriber_hash = member.subscriber_hash
                    and tagged.taken_by_hand_at is null
            )
        )
),

-- By the address and by the contact, each on its own: one condition of both compares all with all.
refused as (
    select mailed.*
    from mailed
    inner join refused_member as refusal on mailed.subscriber_hash = refusal.subscriber_hash
    -- An unreadable consent counts as a refusal of our members, and not of foreign members.
    where mailed.is_ours or not refusal.is_unreadable
    union
    select mailed.*
    from mailed
    inner join refused_member as refusal on mailed.contact_id = refusal.contact_id
    where mailed.is_ours
)

select
    is_ours,
    count(distinct subscriber_hash) as members,
    (array_agg(distinct contact_id) filter (where contact_id is not null))[1:20] as contact_ids
from refused
group by is_ours
