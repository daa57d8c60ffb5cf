-- Which refusals end because somebody gave a collection's tag back by hand. tagged_now has who carries it.
-- This runs before note_tagged.sql: a tag that this look finds taken is the newer word.
--
-- The persons of a member are the contacts that hold its address. They are also those who chose it in
-- Mailchimp. If nobody holds it, it is the contact that we pushed. The tag at the address of a refusal is
-- given back there. At another address it is given back to the persons of the member. The refusal must
-- belong to all of them. Otherwise somebody else may be meant.
insert into given_back (refusal_id, contact_id, merged_from, gone_since, ends_address, is_same_person)
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

open_one as materialized (
    select
        refusal_id,
        address_digest
    from sync.refusal
    where kind = 'tag_taken' and ended_at is null and %(collection_id)s = any(collection_ids)
),

regained as materialized (
    select distinct shown.subscriber_hash
    from tagged_now as shown
    left join sync.tag_member as known
        on
            known.list_id = %(list_id)s
            and known.collection_id = %(collection_id)s
            and shown.subscriber_hash = known.subscriber_hash
    where
        known.taken_by_hand_at is not null
        or (
            known.subscriber_hash is null
            and %(is_known)s
            -- Who had the tag is forgotten long after the collection left. Nobody knows who gave it then.
            and exists (
                select from sync.tag_member as any_one
                where any_one.list_id = %(list_id)s and any_one.collection_id = %(collection_id)s
            )
        )
),

own_address as materialized (
    select
        regained.subscriber_hash,
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, regained.subscriber_hash)
        ) as address_digest
    from regained
    cross join pads
    left join lateral (
        select same.address_hash from sync.subscriber_alias as same
        where same.subscriber_hash = regained.subscriber_hash
        order by same.address_hash
        limit 1
    ) as alias on true
),

-- The CRM still has the address that the person gave up in Mailchimp.
given_up_address as materialized (
    select
        changed.subscriber_hash,
        changed.contact_id,
        changed.address_digest
    from (
        select
            regained.subscriber_hash,
            noted.contact_id,
            sync.keyed_digest(
                pads.inner_pad, pads.outer_pad,
                'subscriber:' || coalesce(alias.address_hash, noted.old_hash)
            ) as address_digest
        from regained
        inner join sync.changed_address as noted
            on
                noted.list_id = %(list_id)s
                and regained.subscriber_hash = noted.new_hash
                and noted.ended_at is null
        cross join pads
        left join lateral (
            select same.address_hash from sync.subscriber_alias as same
            where same.subscriber_hash = noted.old_hash
            order by same.address_hash
            limit 1
        ) as alias on true
    ) as changed
    where
        exists (
            select from sync.address_holder as holder
            where
                holder.contact_id = changed.contact_id
                and holder.address_digest = changed.address_digest
                and holder.left_at is null
        )
),

gone_contact as materialized (
    select distinct contact_id
    from sync.refusal_contact
    where gone_since is not null
),

holding as materialized (
    select
        own_address.subscriber_hash,
        holder.contact_id
    from own_address
    inner join sync.address_holder as holder
        on own_address.address_digest = holder.address_digest and holder.left_at is null
    where holder.contact_id not in (select gone_contact.contact_id from gone_contact)
    union
    select
        given_up_address.subscriber_hash,
        given_up_address.contact_id
    from given_up_address
),

standing as materialized (
    select
        holding.subscriber_hash,
        holding.contact_id
    from holding
    union
    select
        regained.subscriber_hash,
        member.contact_id
    from regained
    inner join sync.member as member
        on member.list_id = %(list_id)s and regained.subscriber_hash = member.subscriber_hash
    where
        member.contact_id is not null
        and not exists (
            select from holding
            where holding.subscriber_hash = regained.subscriber_hash
        )
),

-- A merged contact is the person of the contact into which it was merged.
merge as materialized (
    select distinct on (known.merged_id)
        known.merged_id,
        known.contact_id as survivor_id
    from (
        select
            merged.merged_id,
            merged.contact_id,
            true as is_staged
        from staging.merged as merged
        where
            merged.staging_id in (
                select newest.staging_id from sync.newest_staging as newest
                where newest.collection_id = %(collection_id)s
            )
        union all
        select
            belongs.merged_from as merged_id,
            belongs.contact_id,
            false as is_staged
        from sync.refusal_contact as belongs
        where belongs.merged_from is not null
    ) as known
    order by known.merged_id asc, known.is_staged desc, known.contact_id asc
),

person as materialized (
    select distinct
        standing.subscriber_hash,
        coalesce(merge.survivor_id, standing.contact_id) as person_id
    from standing
    left join merge on standing.contact_id = merge.merged_id
),

refusing as materialized (
    select
        open_one.refusal_id,
        belongs.contact_id,
        belongs.merged_from,
        belongs.gone_since,
        coalesce(merge.survivor_id, belongs.contact_id) as person_id
    from open_one
    inner join sync.refusal_contact as belongs on open_one.refusal_id = belongs.refusal_id
    left join merge on belongs.contact_id = merge.merged_id
),

refused as materialized (
    select distinct
        refusal_id,
        person_id
    from refusing
),

answered as materialized (
    select
        open_one.refusal_id,
        own_address.subscriber_hash
    from own_address
    inner join open_one on own_address.address_digest = open_one.address_digest
    union
    select
        refused.refusal_id,
        person.subscriber_hash
    from person
    inner join refused on person.person_id = refused.person_id
    group by refused.refusal_id, person.subscriber_hash
    having
        count(*) = (
            select count(*) from person as every
            where every.subscriber_hash = person.subscriber_hash
        )
),

-- A record that was made again is the person of the contact that is gone (note_holders.sql).
same_person as materialized (
    select
        answered.refusal_id,
        refusing.contact_id
    from answered
    inner join person on answered.subscriber_hash = person.subscriber_hash
    inner join refusing
        on answered.refusal_id = refusing.refusal_id and person.person_id = refusing.person_id
    union
    select
        answered.refusal_id,
        refusing.contact_id
    from answered
    inner join person on answered.subscriber_hash = person.subscriber_hash
    inner join refusing
        on answered.refusal_id = refusing.refusal_id and refusing.gone_since is not null
    inner join sync.address_holder as gone
        on refusing.contact_id = gone.contact_id and gone.left_at is null
    inner join sync.address_holder as successor
        on
            gone.address_digest = successor.address_digest
            and person.person_id = successor.contact_id
            and gone.first_seen_at < successor.first_seen_at
    where
        not exists (
            select from sync.address_holder as earlier
            where
                earlier.contact_id = successor.contact_id
                and earlier.first_seen_at < successor.first_seen_at
        )
),

-- A refusal may be one contact's, at no address (keep_taken_tags.sql).
of_contact as (
    select distinct same_person.refusal_id
    from same_person
    cross join pads
    inner join open_one on same_person.refusal_id = open_one.refusal_id
    where
        open_one.address_digest
        = sync.keyed_digest(pads.inner_pad, pads.outer_pad, 'contact:' || same_person.contact_id)
),

decided as materialized (
    select
        answered.refusal_id,
        open_one.address_digest,
        bool_or(
            open_one.address_digest = own_address.address_digest
            or exists (
                select from given_up_address
                where
                    given_up_address.subscriber_hash = answered.subscriber_hash
                    and given_up_address.address_digest = open_one.address_digest
            )
            or exists (
                select from of_contact
                where of_contact.refusal_id = answered.refusal_id
            )
        ) as ends_address,
        bool_or(open_one.address_digest = own_address.address_digest) as is_own_address
    from answered
    inner join open_one on answered.refusal_id = open_one.refusal_id
    inner join own_address on answered.subscriber_hash = own_address.subscriber_hash
    group by answered.refusal_id, open_one.address_digest
)

select
    decided.refusal_id,
    refusing.contact_id,
    refusing.merged_from,
    refusing.gone_since,
    decided.ends_address,
    same_person.contact_id is not null as is_same_person
from decided
left join refusing on decided.refusal_id = refusing.refusal_id
left join same_person
    on refusing.refusal_id = same_person.refusal_id and refusing.contact_id = same_person.contact_id
union all
-- Others that came to the address since were held back by it. The tag was not given to them.
select
    decided.refusal_id,
    holder.contact_id,
    null as merged_from,
    null as gone_since,
    decided.ends_address,
    false as is_same_person
from decided
inner join sync.address_holder as holder
    on decided.address_digest = holder.address_digest and holder.left_at is null
left join merge on holder.contact_id = merge.merged_id
where
    decided.ends_address
    and not decided.is_own_address
    and not exists (
        select from refusing
        where
            refusing.refusal_id = decided.refusal_id
            and refusing.person_id = coalesce(merge.survivor_id, holder.contact_id)
    )
