-- A note about a changed address follows its person. The contact may be merged into another one. Or it is
-- gone from the CRM, and a record that no earlier run knew has its address. In both cases the other contact
-- must have the old address now.
insert into sync.changed_address as existing (
    list_id, contact_id, old_hash, new_hash, changed_at, noticed_at, copied_from
)
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

noted as materialized (
    select
        changed.list_id,
        changed.contact_id,
        changed.old_hash,
        changed.new_hash,
        changed.changed_at,
        changed.noticed_at,
        changed.gone_since,
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, changed.old_hash)
        ) as old_digest
    from sync.changed_address as changed
    cross join pads
    left join lateral (
        select same.address_hash from sync.subscriber_alias as same
        where same.subscriber_hash = changed.old_hash
        order by same.address_hash
        limit 1
    ) as alias on true
    where
        changed.ended_at is null
        and (
            changed.gone_since is not null
            or exists (
                select from staging.merged as merged
                where merged.staging_id = %(staging_id)s and merged.merged_id = changed.contact_id
            )
        )
),

successor as (
    select
        noted.*,
        merged.contact_id as successor_id
    from noted
    inner join staging.merged as merged
        on merged.staging_id = %(staging_id)s and noted.contact_id = merged.merged_id
    inner join sync.address_holder as holder
        on
            merged.contact_id = holder.contact_id
            and noted.old_digest = holder.address_digest
            and holder.left_at is null
    union all
    select
        noted.*,
        holder.contact_id as successor_id
    from noted
    inner join sync.address_holder as holder
        on
            noted.old_digest = holder.address_digest
            and noted.contact_id <> holder.contact_id
            and holder.left_at is null
    where
        -- A contact that was there beside the gone one is somebody else.
        not exists (
            select from sync.address_holder as known
            where
                known.contact_id = holder.contact_id
                and known.first_seen_at < noted.gone_since
        )
        and noted.gone_since is not null
)

select distinct on (successor.list_id, successor.successor_id, successor.old_hash)
    successor.list_id,
    successor.successor_id,
    successor.old_hash,
    successor.new_hash,
    successor.changed_at,
    successor.noticed_at,
    successor.contact_id
from successor
-- A note that ended later than this one began is the newer word.
where
    not exists (
        select from sync.changed_address as known
        where
            known.list_id = successor.list_id
            and known.contact_id = successor.successor_id
            and known.old_hash = successor.old_hash
            and (known.ended_at is null or known.ended_at >= successor.noticed_at)
    )
order by
    successor.list_id asc, successor.successor_id asc, successor.old_hash asc,
    successor.changed_at desc, successor.contact_id asc
on conflict (list_id, contact_id, old_hash) do update set
    new_hash = excluded.new_hash,
    changed_at = excluded.changed_at,
    noticed_at = excluded.noticed_at,
    copied_from = excluded.copied_from,
    ended_at = null
where existing.ended_at < excluded.noticed_at
