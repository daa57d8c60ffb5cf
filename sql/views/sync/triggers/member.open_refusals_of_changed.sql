create or replace trigger open_refusals_of_changed after update on sync.member
referencing old table as replaced new table as written
for each statement execute function sync.note_refusals();
