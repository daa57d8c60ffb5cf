-- Notes about changed addresses, as they are before a preview's plan.
create temporary table note_before on commit drop as
select
    list_id,
    contact_id,
    old_hash,
    new_hash,
    changed_at,
    noticed_at,
    ended_at,
    gone_since,
    copied_from
from sync.changed_address
