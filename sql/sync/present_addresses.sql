-- The CRM's present address of contacts, by the newest stored staging of each.
select
    newest.contact_id,
    sync.subscriber_hash(newest.address_key) as subscriber_hash
from (
    select distinct on (contact.contact_id)
        contact.contact_id,
        contact.address_key
    from staging.contact as contact
    inner join sync.staging_run as run on contact.staging_id = run.staging_id
    where contact.contact_id = any(%(contact_ids)s::bigint[]) and run.row_counts is not null
    order by contact.contact_id asc, contact.staging_id desc
) as newest
where newest.address_key is not null
