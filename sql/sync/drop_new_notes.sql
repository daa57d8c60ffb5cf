-- Takes back the notes that this transaction made.
delete from sync.changed_address as changed
where
    changed.xmin = pg_current_xact_id()::xid
    and not exists (
        select from note_before as earlier
        where
            earlier.list_id = changed.list_id
            and earlier.contact_id = changed.contact_id
            and earlier.old_hash = changed.old_hash
    )
