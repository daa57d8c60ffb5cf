-- Contacts of the whole CRM that hold an address which was just refused; each refusal is looked up once.
with looked_up as (
    update sync.refusal
    set holders_known_at = now()
    where refusal_id = any(%(looked_up)s::bigint[])
)

insert into sync.refusal_contact (refusal_id, contact_id)
select
    refusal.refusal_id,
    held.contact_id
from unnest(%(refusal_ids)s::bigint[], %(contact_ids)s::bigint[]) as held (refusal_id, contact_id)
inner join sync.refusal as refusal on held.refusal_id = refusal.refusal_id and refusal.is_about_person
on conflict (refusal_id, contact_id) do update set merged_from = null
