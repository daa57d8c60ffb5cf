create or replace function mart.note_limits() returns trigger
language plpgsql as $$
begin
    insert into mart.unjudged_campaign (campaign_id)
    select campaign_id from stats.stream_state where stream = 'activity'
    on conflict (campaign_id) do nothing;
    return null;
end
$$;
comment on function mart.note_limits is
'Trigger: has the clicks of all campaigns judged again, because the limits have changed.';
