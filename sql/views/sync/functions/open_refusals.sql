-- Opens the refusals that members show by their cause, with their collections and contacts. An open refusal
-- stays, and only gains contacts. The caller ends refusals with a statement of its own.
create or replace function sync.open_refusals(lists text[], hashes text[]) returns void
language sql as $$
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

changed as (
    select
        member.list_id,
        member.subscriber_hash,
        member.contact_id,
        member.cause,
        member.cause_detail,
        member.status,
        member.opted_out,
        coalesce(member.last_changed, member.status_since) as refused_at,
        -- An audience of our own begins empty, so we know it from then on.
        coalesce(looked.looked_at, owner.fully_listed_at) as looked_at,
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, member.subscriber_hash)
        ) as address_digest
    from unnest(lists, hashes) as named (list_id, subscriber_hash)
    inner join sync.member as member
        on named.list_id = member.list_id and named.subscriber_hash = member.subscriber_hash
    cross join pads
    left join sync.audience_look as looked on member.list_id = looked.list_id
    left join sync.audience as owner on member.list_id = owner.list_id
    left join lateral (
        select same.address_hash from sync.subscriber_alias as same
        where same.subscriber_hash = member.subscriber_hash
        order by same.address_hash
        limit 1
    ) as alias on true
),

look as (
    select distinct
        list_id,
        looked_at
    from changed
),

shown as (
    select
        changed.list_id,
        changed.address_digest,
        changed.subscriber_hash,
        -- The member's contact left the address, and another one with it refused: we only followed that.
        case
            when
                kinds.kind = 'withdrawal'
                and changed.cause_detail <> 'consent_withdrawn'
                and exists (
                    select from sync.address_holder as former
                    where
                        former.contact_id = changed.contact_id
                        and former.address_digest = changed.address_digest
                        and former.left_at is not null
                )
                then null
            else changed.contact_id
        end as contact_id,
        -- That we tidy up after a collection left is no news about the person.
        case
            when kinds.kind = 'withdrawal' and changed.cause_detail is distinct from 'consent_withdrawn'
                then coalesce(
                    (
                        select known.refused_at from sync.refusal as known
                        where
                            known.list_id = changed.list_id
                            and known.address_digest = changed.address_digest
                            and known.kind = 'withdrawal'
                            and known.ended_at is null
                    ),
                    changed.refused_at
                )
            else changed.refused_at
        end as refused_at,
        changed.looked_at,
        kinds.kind,
        not (
            (kinds.kind = 'withdrawal' and changed.cause = 'cleaned')
            -- The CRM and sync.suppression enforce a request for erasure for its own contact.
            or (kinds.kind = 'forgotten' and coalesce(changed.cause_detail, '') = 'erased_contact')
            -- The contact left the address before the last look and gets mail at another one. So the
            -- removal of the old one is no refusal.
            or (
                kinds.kind in ('archived_by_hand', 'forgotten')
                and not exists (
                    select from sync.address_holder as recent
                    where
                        recent.contact_id = changed.contact_id
                        and recent.address_digest = changed.address_digest
                        and (
                            recent.left_at is null
                            or recent.left_at >= coalesce(changed.looked_at, '-infinity')
                        )
                )
                and exists (
                    select from sync.member as other
                    where
                        other.list_id = changed.list_id
                        and other.contact_id = changed.contact_id
                        and other.subscriber_hash <> changed.subscriber_hash
                        and other.status = 'subscribed'
                        and other.origin in ('created', 'adopted')
                        and other.cause is distinct from 'forgotten'
                )
            )
        ) as is_about_person,
        case kinds.kind
            when 'withdrawal' then 'our_removal'
            when 'complaint' then 'abuse_report'
            when 'forgotten' then 'full_listing'
            else 'member'
        end as known_from
    from changed
    cross join lateral (
        select case changed.cause
            when 'own_unsubscribe' then 'unsubscribed'
            when 'complaint' then 'complaint'
            when 'compliance' then 'compliance'
            when 'forgotten' then 'forgotten'
            when 'hand_archive' then 'archived_by_hand'
            when 'our_unsubscribe' then 'withdrawal'
            when 'unconfirmed' then 'unconfirmed'
            when 'permission_taken_back' then 'permission_taken_back'
            when 'cleaned' then case when changed.status = 'unsubscribed' then 'withdrawal' end
        end as kind
        union
        select case when changed.opted_out and coalesce(changed.cause, '') <> 'compliance' then 'unsubscribed' end
    ) as kinds
    where kinds.kind is not null
),

opened as (
    insert into sync.refusal (
        kind, list_id, address_digest, collection_ids, is_about_person, known_from, refused_at,
        holders_known_at, permission_id
    )
    select distinct on (shown.list_id, shown.address_digest, shown.kind)
        shown.kind,
        shown.list_id,
        shown.address_digest,
        array(
            select used.collection_id from sync.audience_use as used
            where
                used.list_id = shown.list_id
                and used.settled_at is null
                -- A removal by hand from a former audience is no refusal in the collection's present one. But
                -- nobody knows the time of a removal that the first look after the change shows.
                and (
                    used.left_at is null
                    or shown.kind not in ('archived_by_hand', 'forgotten')
                    or shown.looked_at is null
                    or shown.looked_at <= used.left_at
                )
                -- Our own act where the collection is not any more. The contact is in its present audience.
                and not (
                    used.left_at is not null
                    and shown.kind in ('withdrawal', 'unconfirmed')
                    and exists (
                        select from sync.collection_audience as present
                        inner join sync.member as there
                            on
                                present.list_id = there.list_id
                                and there.contact_id = shown.contact_id
                                and there.status in ('subscribed', 'pending')
                                and there.cause is distinct from 'forgotten'
                        where
                            present.collection_id = used.collection_id
                            and present.list_id <> shown.list_id
                    )
                )
            order by used.collection_id
        ),
        shown.is_about_person,
        shown.known_from,
        shown.refused_at,
        -- Our own acts, and the answers to them, concern only the known contacts.
        case when shown.kind in ('withdrawal', 'unconfirmed', 'compliance') then now() end,
        case
            when shown.kind = 'permission_taken_back'
                then (
                    select mapped.permission_id from sync.gdpr_audience as mapped
                    where mapped.list_id = shown.list_id
                )
        end
    from shown
    order by shown.list_id, shown.address_digest, shown.kind, shown.refused_at desc
    on conflict (list_id, address_digest, kind) where ended_at is null
    do update set
        refused_at = greatest(refusal.refused_at, excluded.refused_at),
        is_about_person = refusal.is_about_person or excluded.is_about_person,
        permission_id = coalesce(excluded.permission_id, refusal.permission_id)
    returning refusal_id, list_id, address_digest, kind, is_about_person, xmax = 0 as is_new
),

earlier as (
    -- Contacts of an earlier refusal of the same address.
    select
        opened.refusal_id,
        belongs.contact_id
    from opened
    inner join sync.refusal as earlier
        on
            opened.list_id = earlier.list_id
            and opened.address_digest = earlier.address_digest
            and earlier.ended_at is null
            and earlier.is_about_person
    inner join sync.refusal_contact as belongs
        on earlier.refusal_id = belongs.refusal_id and belongs.merged_from is null
    where opened.is_about_person and opened.is_new
),

-- Each refusal with the members that show it. Grouped, not joined, as in note_refusals.sql.
refused as (
    select
        version.list_id,
        version.address_digest,
        version.kind,
        max(version.refusal_id) as refusal_id,
        bool_or(version.is_about_person) as is_about_person,
        bool_or(version.is_new) as is_new,
        array_agg(version.contact_id) filter (where version.contact_id is not null) as contact_ids,
        array_agg(version.subscriber_hash) filter (where version.subscriber_hash is not null) as hashes
    from (
        select
            opened.list_id,
            opened.address_digest,
            opened.kind,
            opened.refusal_id,
            opened.is_about_person,
            opened.is_new,
            null::bigint as contact_id,
            null::text as subscriber_hash
        from opened
        union all
        select
            shown.list_id,
            shown.address_digest,
            shown.kind,
            null as refusal_id,
            null as is_about_person,
            null as is_new,
            shown.contact_id,
            shown.subscriber_hash
        from shown
    ) as version
    group by version.list_id, version.address_digest, version.kind
),

-- The address at which a refusal was made. If the person changed it in Mailchimp, the CRM's address, too.
made_at as (
    select
        refused.refusal_id,
        refused.list_id,
        refused.kind,
        refused.address_digest
    from refused
    where refused.is_about_person and refused.is_new
    union
    select
        refused.refusal_id,
        refused.list_id,
        refused.kind,
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, readdressed.old_hash)
        ) as address_digest
    from refused
    cross join unnest(refused.hashes) as showing (subscriber_hash)
    inner join sync.changed_address as readdressed
        on
            refused.list_id = readdressed.list_id
            and showing.subscriber_hash = readdressed.new_hash
            and readdressed.ended_at is null
    cross join pads
    left join lateral (
        select same.address_hash from sync.subscriber_alias as same
        where same.subscriber_hash = readdressed.old_hash
        order by same.address_hash
        limit 1
    ) as alias on true
    where refused.is_about_person and refused.is_new
)

insert into sync.refusal_contact (refusal_id, contact_id)
select
    refused.refusal_id,
    belonging.contact_id
from refused
cross join unnest(refused.contact_ids) as belonging (contact_id)
where refused.is_about_person
union
select
    made_at.refusal_id,
    holder.contact_id
from made_at
inner join sync.address_holder as holder on made_at.address_digest = holder.address_digest
inner join look on made_at.list_id = look.list_id
where
    -- An earlier refusal shows the contacts. A contact that took the address since is another one.
    made_at.refusal_id not in (select refusal_id from earlier)
    -- A contact that held the address at the last look may have held it at the refusal. The same is true of an
    -- act of ours that only this look showed. An act of this run comes after the look.
    and (
        holder.left_at is null
        or holder.left_at >= look.looked_at
        -- Nobody has looked yet: the members are older than anything that we know.
        or (look.looked_at is null and made_at.kind not in ('withdrawal', 'unconfirmed'))
    )
union
select
    earlier.refusal_id,
    earlier.contact_id
from earlier
on conflict (refusal_id, contact_id) do update set merged_from = null
$$;
comment on function sync.open_refusals is
'Opens the refusals of the named members in sync.refusal: lists[n] and hashes[n] name one member.';
