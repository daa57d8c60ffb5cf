create or replace function mart.note_updated_rows() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select list_id, subscriber_hash from before_change where list_id is not null
    union
    select list_id, subscriber_hash from after_change where list_id is not null;
    insert into mart.changed_campaign (campaign_id)
    select campaign_id from before_change union select campaign_id from after_change;
    return null;
end
$$;
comment on function mart.note_updated_rows is
'Trigger: notes the members and campaigns of a row before and after its change.';
