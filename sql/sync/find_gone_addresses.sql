-- Addresses of contacts that refused and are gone from the CRM since the last run, by refusal. Each has the
-- newest known address, and the address that refused.
insert into gone_address (refusal_id, address_digest)
with gone as (
    select
        belongs.refusal_id,
        belongs.contact_id,
        refusal.address_digest
    from sync.refusal_contact as belongs
    inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
    where
        refusal.ended_at is null
        and refusal.is_about_person
        and belongs.gone_since is null
        and not exists (
            select from refusing_contact as present
            where present.contact_id = belongs.contact_id
        )
)

select
    gone.refusal_id,
    gone.address_digest
from gone
union
select
    gone.refusal_id,
    holder.address_digest
from gone
inner join sync.address_holder as holder on gone.contact_id = holder.contact_id and holder.left_at is null
