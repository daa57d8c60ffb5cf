create or replace function mart.note_ledger_rows() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select list_id, subscriber_hash from changed;
    return null;
end
$$;
comment on function mart.note_ledger_rows is
'Trigger: notes members that were added to or removed from sync.member.';
