-- Earlier addresses of the contacts: known by their hash only.
select subscriber_hash from sync.member
where contact_id = any(%(contact_ids)s::bigint[])
union
select subscriber_hash from sync.consent_proof
where contact_id = any(%(contact_ids)s::bigint[])
