create or replace trigger note_inserted after insert on stats.campaign_abuse_reports
referencing new table as changed
for each statement execute function mart.note_rows();
