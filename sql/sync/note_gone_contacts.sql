-- Marks the notes of changed addresses whose contact the CRM does not have. Removes the mark if it has.
with asked as (
    select
        asked.contact_id,
        present.contact_id is null as is_gone
    from unnest(%(asked)s::bigint[]) as asked (contact_id)
    left join unnest(%(present)s::bigint[]) as present (contact_id) on asked.contact_id = present.contact_id
)

update sync.changed_address as changed
set gone_since = case when asked.is_gone then %(clock)s::timestamptz end
from asked
where
    changed.contact_id = asked.contact_id
    and changed.ended_at is null
    and (changed.gone_since is not null) <> asked.is_gone
