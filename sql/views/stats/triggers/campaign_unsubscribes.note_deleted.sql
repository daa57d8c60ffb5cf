create or replace trigger note_deleted after delete on stats.campaign_unsubscribes
referencing old table as changed
for each statement execute function mart.note_rows();
