create or replace trigger note_deleted after delete on sync.member
referencing old table as changed
for each statement execute function mart.note_ledger_rows();
