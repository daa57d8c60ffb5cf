-- Noted in the transaction that makes the change: what is committed is noted, what is not is not,
-- and no clock is involved.
create or replace function mart.note_rows() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select distinct list_id, subscriber_hash from changed where list_id is not null;
    insert into mart.changed_campaign (campaign_id) select distinct campaign_id from changed;
    return null;
end
$$;
comment on function mart.note_rows is 'Notes the members and campaigns of inserted or deleted rows.';
