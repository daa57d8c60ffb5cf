create or replace trigger note_inserted after insert on stats.campaign_activities
referencing new table as changed
for each statement execute function mart.note_event_campaigns();
