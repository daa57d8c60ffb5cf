insert into sync.open_batch (list_id, ticket) values (%(list_id)s, %(tickets)s)
on conflict (list_id) do update set ticket = excluded.ticket, started_at = now()
