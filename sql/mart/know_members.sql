-- Members that only sync.member names so far.
insert into stats.members (list_id, subscriber_hash)
select
    list_id,
    subscriber_hash
from counted_member
where changed
order by list_id, subscriber_hash
on conflict (list_id, subscriber_hash) do nothing;
