-- Subscriber hashes of the members of some contacts.
select distinct member.subscriber_hash
from sync.audience
inner join sync.member on audience.list_id = member.list_id
where member.contact_id = any(%(contact_ids)s::bigint[]);
