create or replace trigger note_inserted after insert on stats.campaign_recipients
referencing new table as changed
for each statement execute function mart.note_rows();
