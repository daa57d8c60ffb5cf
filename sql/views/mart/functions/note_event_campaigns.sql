create or replace function mart.note_event_campaigns() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_campaign (campaign_id) select distinct campaign_id from changed;
    return null;
end
$$;
comment on function mart.note_event_campaigns is 'Trigger: notes the campaigns of new or removed events.';
