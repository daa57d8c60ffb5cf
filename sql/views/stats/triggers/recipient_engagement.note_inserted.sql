create or replace trigger note_inserted after insert on stats.recipient_engagement
referencing new table as changed
for each statement execute function mart.note_rows();
