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

select distinct on (list_id, successor_id, old_hash)
    list_id,
    successor_id,
    old_hash,
    new_hash,
    changed_at,
    noticed_at,
    contact_id
from successor
order by list_id asc, successor_id asc, old_hash asc, changed_at desc
-- A note that ended later than this one began is the newer word.
on conflict (list_id, contact_id, old_hash) do update set
    new_hash = excluded.new_hash,
    changed_at = excluded.changed_at,
    noticed_at = excluded.noticed_at,
    copied_from = excluded.copied_from,
    ended_at = null
where existing.ended_at < excluded.noticed_at
