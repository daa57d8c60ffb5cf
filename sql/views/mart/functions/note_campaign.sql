create or replace function mart.note_campaign() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_campaign (campaign_id) values (new.campaign_id);
    insert into mart.unjudged_campaign (campaign_id) values (new.campaign_id)
    on conflict (campaign_id) do nothing;
    insert into mart.changed_member (list_id, subscriber_hash)
    select distinct list_id, subscriber_hash from stats.campaign_recipients
    where campaign_id = new.campaign_id and list_id is not null;
    return null;
end
$$;
comment on function mart.note_campaign is
'Trigger: notes all members who received a campaign whose time has changed. Its clicks are judged again.';
