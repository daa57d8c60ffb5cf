-- Addresses of a person's contacts in audiences, now or before, known only by their hash. If another
-- contact holds an address now, the address belongs to that contact: only the person's own rows are erased.
with earlier as (
    select
        list_id,
        subscriber_hash
    from sync.member
    where contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        list_id,
        subscriber_hash
    from sync.consent_proof
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
left join sync.member as own
    on
        earlier.list_id = own.list_id
        and earlier.subscriber_hash = own.subscriber_hash
        and own.contact_id = any(%(contact_ids)s::bigint[])
where not earlier.subscriber_hash = any(%(known_hashes)s::text[])
