insert into sync.subscriber_alias (address_hash, subscriber_hash)
values (%(address_hash)s, %(subscriber_hash)s)
on conflict (address_hash) do update set subscriber_hash = excluded.subscriber_hash, noted_at = now()
