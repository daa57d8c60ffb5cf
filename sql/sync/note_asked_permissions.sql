-- A permission is noted before it is set: the answer may get lost, and the person may take it back.
update sync.member as member
set asked_permission = asked.permission_id
from
    unnest(%(subscriber_hashes)s::text[], %(permission_ids)s::text[])
        as asked (subscriber_hash, permission_id)
where member.list_id = %(list_id)s and member.subscriber_hash = asked.subscriber_hash
