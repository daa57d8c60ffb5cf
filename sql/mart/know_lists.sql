-- Audiences that only sync.member or a recipient names so far.
insert into stats.lists (list_id)
select distinct list_id from changed_member
on conflict (list_id) do nothing;
