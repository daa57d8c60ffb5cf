create or replace trigger note_updated after update on stats.campaign_activities
referencing old table as before_change new table as after_change
for each statement execute function mart.note_flagged_events();
