-- A campaign may name its audience before we have read the audience.
create or replace function stats.know_list() returns trigger
language plpgsql as $$
begin
    if new.list_id is not null then
        insert into stats.lists (list_id, account, name)
        values (new.list_id, new.account, new.list_name)
        on conflict (list_id) do nothing;
    end if;
    return new;
end
$$;
comment on function stats.know_list is 'Trigger: creates the row of stats.lists that a campaign refers to.';
