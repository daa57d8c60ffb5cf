-- The first look at an audience after a loss of the sync state. A member is archived, and its contact was
-- merged into another one, which is a subscribed member by the sync. So the person did not refuse before the
-- loss: the sync archived the member when its contact was merged. The address itself gets no mail again.
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

-- Gathered once: a look for each member may read all of them each time.
alias as (
    select
        subscriber_hash,
        min(address_hash) as address_hash
    from sync.subscriber_alias
    group by subscriber_hash
),

merged as (
    select distinct
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, archived.subscriber_hash)
        ) as address_digest
    from sync.member as archived
    inner join staging.merged as same
        on same.staging_id = %(staging_id)s and archived.contact_id = same.merged_id
    inner join sync.member as present
        on archived.list_id = present.list_id and same.contact_id = present.contact_id
    cross join pads
    left join alias on archived.subscriber_hash = alias.subscriber_hash
    where
        archived.list_id = %(list_id)s
        and archived.cause = 'hand_archive'
        and archived.subscriber_hash <> present.subscriber_hash
        and present.status = 'subscribed'
        and present.origin in ('created', 'adopted')
        and present.cause is distinct from 'forgotten'
)

update sync.refusal as refusal
set is_about_person = false
from merged
where
    refusal.list_id = %(list_id)s
    and refusal.address_digest = merged.address_digest
    and refusal.kind = 'archived_by_hand'
    and refusal.ended_at is null
    and refusal.is_about_person
