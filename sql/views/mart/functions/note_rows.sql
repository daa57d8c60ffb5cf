-- The note is made in the transaction of the change: a committed change always has its note. No clock is
-- needed.
create or replace function mart.note_rows() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select distinct list_id, subscriber_hash from changed where list_id is not null;
    insert into mart.changed_campaign (campaign_id) select distinct campaign_id from changed;
    return null;
end
$$;
comment on function mart.note_rows is 'Trigger: notes the members and campaigns of inserted or deleted rows.';
