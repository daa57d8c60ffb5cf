create or replace function mart.note_ledger_rows() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select list_id, subscriber_hash from changed;
    return null;
end
$$;
comment on function mart.note_ledger_rows is
'Notes members that came into or went out of the sync''s ledger.';
