insert into stats.member_activity_state (list_id, subscriber_hash, as_of)
select
    list_id,
    subscriber_hash,
    %(as_of)s::timestamptz
from sync.member
where list_id = %(list_id)s and subscriber_hash = %(subscriber_hash)s
on conflict (list_id, subscriber_hash) do update
    set
        as_of = excluded.as_of,
        read_at = now();
