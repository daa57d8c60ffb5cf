create or replace trigger note_deleted after delete on stats.campaign_abuse_reports
referencing old table as changed
for each statement execute function mart.note_rows();
