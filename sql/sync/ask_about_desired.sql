-- The eligible contacts of a collection, each with the digest of its address. A person may have chosen
-- another address in Mailchimp: then the member there is asked about, too.
insert into person_asked (key, contact_id, address_digest)
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
)

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
union all
select
    verdict.contact_id::text as key,
    verdict.contact_id,
    sync.keyed_digest(
        pads.inner_pad, pads.outer_pad,
        'subscriber:' || coalesce(alias.address_hash, changed.new_hash)
    ) as address_digest
from sync.changed_address as changed
inner join staging.verdict as verdict
    on
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        and verdict.reason_code is null
        and changed.contact_id = verdict.contact_id
        and changed.new_hash = verdict.subscriber_hash
cross join pads
left join lateral (
    select same.address_hash from sync.subscriber_alias as same
    where same.subscriber_hash = changed.new_hash
    order by same.address_hash
    limit 1
) as alias on true
where changed.list_id = %(list_id)s and changed.ended_at is null
