-- Notes about changed addresses, as they were before a preview's plan.
create temporary table if not exists note_before (like sync.changed_address)
