create or replace trigger note_inserted after insert on sync.member
referencing new table as changed
for each statement execute function mart.note_ledger_rows();
