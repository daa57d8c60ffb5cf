-- Notes about changed addresses, as they were before a preview's plan. The columns are those of the table.
create temporary table if not exists note_before as
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
with no data
