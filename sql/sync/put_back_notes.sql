-- Puts back the notes that this transaction changed.
update sync.changed_address as changed
set
    new_hash = earlier.new_hash,
    changed_at = earlier.changed_at,
    noticed_at = earlier.noticed_at,
    ended_at = earlier.ended_at,
    gone_since = earlier.gone_since,
    copied_from = earlier.copied_from
from note_before as earlier
where
    changed.xmin = pg_current_xact_id()::xid
    and earlier.list_id = changed.list_id
    and earlier.contact_id = changed.contact_id
    and earlier.old_hash = changed.old_hash
