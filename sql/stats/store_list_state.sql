insert into stats.list_state (list_id, read_at)
values (%(list_id)s, now())
on conflict (list_id) do update set read_at = excluded.read_at;
