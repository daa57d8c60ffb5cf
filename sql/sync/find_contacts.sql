-- Contacts that have, had or would have an address, in any stored staging of any collection. Contacts that
-- are the same person by a merge are included.
with directly_known as (
    select contact_id from sync.member
    where subscriber_hash = any(%(subscriber_hashes)s::text[]) and contact_id is not null
    union
    select contact_id from sync.consent_proof
    where subscriber_hash = any(%(subscriber_hashes)s::text[])
    union
    select contact_id from sync.tag_member
    where subscriber_hash = any(%(subscriber_hashes)s::text[]) and contact_id is not null
    union
    select contact_id from sync.rejection
    where subscriber_hash = any(%(subscriber_hashes)s::text[])
    union
    select contact_id from sync.removal_request_member
    where subscriber_hash = any(%(subscriber_hashes)s::text[]) and contact_id is not null
    union
    select contact_id from sync.changed_address
    where old_hash = any(%(subscriber_hashes)s::text[]) or new_hash = any(%(subscriber_hashes)s::text[])
    union
    select contact_id from sync.address_holder
    where address_digest = any(%(digests)s::bytea[])
    union
    select belongs.contact_id
    from sync.refusal_contact as belongs
    inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
    where refusal.address_digest = any(%(digests)s::bytea[])
    union
    select contact_id from staging.contact
    where
        address_key = any(%(addresses)s::text[])
        or address_written = any(%(addresses)s::text[])
    union
    select contact_id from staging.refusal
    where address_key = any(%(addresses)s::text[]) and contact_id is not null
),

merge as (
    select
        merged.contact_id as survivor_id,
        merged.merged_id
    from staging.merged as merged
    inner join sync.newest_staging as newest on merged.staging_id = newest.staging_id
    union
    select
        contact_id as survivor_id,
        merged_from as merged_id
    from sync.refusal_contact
    where merged_from is not null
),

surviving as (
    select contact_id from directly_known
    union
    select merge.survivor_id as contact_id
    from merge
    inner join directly_known on merge.merged_id = directly_known.contact_id
)

select contact_id from surviving
union
select merge.merged_id as contact_id
from merge
inner join surviving on merge.survivor_id = surviving.contact_id
order by contact_id
