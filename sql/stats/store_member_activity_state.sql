with our_member as (
    select
        list_id,
        subscriber_hash
    from sync.member
    where list_id = %(list_id)s and subscriber_hash = %(subscriber_hash)s
),

member as (
    insert into stats.members (list_id, subscriber_hash)
    select
        list_id,
        subscriber_hash
    from our_member
    on conflict (list_id, subscriber_hash) do nothing
)

insert into stats.member_activity_state (list_id, subscriber_hash, as_of)
select
    list_id,
    subscriber_hash,
    %(as_of)s::timestamptz
from our_member
on conflict (list_id, subscriber_hash) do update
    set
        as_of = excluded.as_of,
        read_at = now();
