create or replace trigger open_refusals_of_added after insert on sync.member
referencing new table as written
for each statement execute function sync.note_refusals();
