-- Contacts that stand, stood or would stand under an address, in any snapshot that is still there, of
-- whatever collection.
select contact_id from sync.member
where subscriber_hash = any(%(subscriber_hashes)s::text[]) and contact_id is not null
union
select contact_id from sync.consent_proof
where subscriber_hash = any(%(subscriber_hashes)s::text[])
union
select contact_id from sync.rejection
where subscriber_hash = any(%(subscriber_hashes)s::text[])
union
select contact_id from sync.removal_request_member
where subscriber_hash = any(%(subscriber_hashes)s::text[]) and contact_id is not null
union
select contact_id from staging.contact
where
    address_key = any(%(addresses)s::text[])
    or address_written = any(%(addresses)s::text[])
union
select contact_id from staging.refusal
where address_key = any(%(addresses)s::text[])
order by contact_id
