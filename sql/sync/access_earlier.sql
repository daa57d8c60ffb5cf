-- Addresses of the contacts, now and before. Each has its subscriber hash, and the address itself if a
-- staging still has it. If another contact holds an earlier address now, that address is left out: it
-- belongs to the other contact.
with held as (
    select
        subscriber_hash,
        status in ('subscribed', 'pending') as is_present,
        null as address
    from sync.member
    where contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        subscriber_hash,
        false as is_present,
        null as address
    from sync.consent_proof
    where contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        subscriber_hash,
        false as is_present,
        null as address
    from sync.tag_member
    where contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        subscriber_hash,
        false as is_present,
        null as address
    from sync.rejection
    where contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        unnest(array[old_hash, new_hash]) as subscriber_hash,
        false as is_present,
        null as address
    from sync.changed_address
    where contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        sync.subscriber_hash(coalesce(staged.address_key, staged.address_written)) as subscriber_hash,
        not exists (
            select from staging.contact as newer
            where newer.contact_id = staged.contact_id and newer.staging_id > staged.staging_id
        ) as is_present,
        coalesce(staged.address_key, staged.address_written) as address
    from staging.contact as staged
    where
        staged.contact_id = any(%(contact_ids)s::bigint[])
        and coalesce(staged.address_key, staged.address_written) is not null
)

select
    held.subscriber_hash,
    max(held.address) as address
from held
group by held.subscriber_hash
having
    bool_or(held.is_present)
    or (
        not exists (
            select from sync.member as other
            where
                other.subscriber_hash = held.subscriber_hash
                and other.status in ('subscribed', 'pending')
                and not other.contact_id = any(%(contact_ids)s::bigint[])
        )
        and not exists (
            select from staging.contact as other
            where
                coalesce(other.address_key, other.address_written) = max(held.address)
                and not other.contact_id = any(%(contact_ids)s::bigint[])
                and not exists (
                    select from staging.contact as newer
                    where newer.contact_id = other.contact_id and newer.staging_id > other.staging_id
                )
        )
    )
