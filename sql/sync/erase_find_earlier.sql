-- Addresses of a person's contacts in audiences, now or before, known only by their hash. If another
-- contact holds an address now, the address belongs to that contact: only the person's own rows are erased.
with recursive audience as (
    -- One audience after the other, by the index that begins with it: another one would read all members.
    select min(list_id) as list_id from sync.member
    union all
    select
        (
            select min(member.list_id) from sync.member as member
            where member.list_id > audience.list_id
        )
    from audience
    where audience.list_id is not null
),

person as (
    select unnest(%(contact_ids)s::bigint[]) as contact_id
),

earlier as (
    select
        found.list_id,
        found.subscriber_hash
    from audience
    cross join person
    cross join
        lateral (
            select
                member.list_id,
                member.subscriber_hash
            from sync.member as member
            where member.list_id = audience.list_id and member.contact_id = person.contact_id
            offset 0
        ) as found
    union
    select
        found.list_id,
        found.subscriber_hash
    from person
    cross join
        lateral (
            select
                proof.list_id,
                proof.subscriber_hash
            from sync.consent_proof as proof
            where proof.contact_id = person.contact_id
            offset 0
        ) as found
    union
    select
        list_id,
        subscriber_hash
    from sync.tag_member
    where contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        list_id,
        subscriber_hash
    from sync.rejection
    where contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        list_id,
        unnest(array[old_hash, new_hash]) as subscriber_hash
    from sync.changed_address
    where contact_id = any(%(contact_ids)s::bigint[])
)

select
    earlier.list_id,
    sync.account_of(earlier.list_id) as account,
    earlier.subscriber_hash,
    earlier.subscriber_hash in (
        select member.subscriber_hash from sync.member as member
        where
            not member.contact_id = any(%(contact_ids)s::bigint[])
            and member.status in ('subscribed', 'pending')
            and member.subscriber_hash = earlier.subscriber_hash
    ) as is_anothers,
    own.contact_id is not null as is_own_row
from earlier
left join lateral (
    select member.contact_id
    from sync.member as member
    where
        member.list_id = earlier.list_id
        and member.subscriber_hash = earlier.subscriber_hash
        and member.contact_id = any(%(contact_ids)s::bigint[])
    offset 0
) as own on true
where not earlier.subscriber_hash = any(%(known_hashes)s::text[])
