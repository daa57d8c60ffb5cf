insert into stats.audience_reading as known (list_id, read_at, gone_at)
values (%(list_id)s, now(), case when %(is_gone)s then now() end)
on conflict (list_id) do update set
    read_at = excluded.read_at,
    gone_at = case when excluded.gone_at is not null then coalesce(known.gone_at, excluded.gone_at) end;
