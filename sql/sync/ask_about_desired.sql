-- The eligible contacts of a collection, each with the digest of its address.
insert into person_asked (key, contact_id, address_digest)
select
    verdict.contact_id::text as key,
    verdict.contact_id,
    contact.refusal_digest
from staging.verdict as verdict
inner join staging.contact as contact
    on verdict.staging_id = contact.staging_id and verdict.contact_id = contact.contact_id
where
    verdict.staging_id = %(staging_id)s
    and verdict.collection_id = %(collection_id)s
    and verdict.reason_code is null
