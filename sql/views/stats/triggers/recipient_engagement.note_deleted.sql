create or replace trigger note_deleted after delete on stats.recipient_engagement
referencing old table as changed
for each statement execute function mart.note_rows();
