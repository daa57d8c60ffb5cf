-- Contacts that stand, stood or would stand under an address.
select contact_id
from sync.member
where subscriber_hash = any(%(subscriber_hashes)s::text[]) and contact_id is not null
union
select contact_id
from sync.consent_proof
where subscriber_hash = any(%(subscriber_hashes)s::text[])
union
select contact_id
from sync.rejection
where subscriber_hash = any(%(subscriber_hashes)s::text[])
union
select verdict.contact_id
from sync.newest_staging as newest
inner join staging.contact as contact on newest.staging_id = contact.staging_id
inner join staging.verdict as verdict
    on contact.staging_id = verdict.staging_id and contact.contact_id = verdict.contact_id
where contact.address_key = %(address)s
order by contact_id
