-- Contacts of the whole CRM that hold an address with a new refusal. Each refusal is looked up once.
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

looked_up as (
    update sync.refusal as refusal
    set holders_known_at = now()
    from unnest(%(looked_up)s::bigint[]) as page (refusal_id)
    where refusal.refusal_id = page.refusal_id
)

insert into sync.refusal_contact (refusal_id, contact_id)
select
    refusal.refusal_id,
    held.contact_id
from unnest(%(refusal_ids)s::bigint[], %(contact_ids)s::bigint[]) as held (refusal_id, contact_id)
inner join sync.refusal as refusal on held.refusal_id = refusal.refusal_id and refusal.is_about_person
cross join pads
where
    -- We store nothing about an erased contact, even if the CRM still has it.
    not exists (
        select from sync.suppression
        where
            suppression.kind = 'contact'
            and suppression.digest
            = sync.keyed_digest(pads.inner_pad, pads.outer_pad, 'contact:' || held.contact_id)
    )
on conflict (refusal_id, contact_id) do update set merged_from = null
