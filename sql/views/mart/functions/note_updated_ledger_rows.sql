create or replace function mart.note_updated_ledger_rows() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select list_id, subscriber_hash
    from (
        select list_id, subscriber_hash, contact_id, status, origin, last_changed from after_change
        except
        select list_id, subscriber_hash, contact_id, status, origin, last_changed from before_change
    ) as other;
    return null;
end
$$;
comment on function mart.note_updated_ledger_rows is
'Trigger: notes members whose contact or status changed in sync.member.';
