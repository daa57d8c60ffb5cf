-- Members of contacts (find_left_contacts.sql). If somebody deleted such a member for good, only a request
-- for that member shows it. The contacts come as an array: a join would depend on the statistics.
select subscriber_hash
from sync.member
where
    list_id = %(list_id)s
    and contact_id = any(%(contact_ids)s::bigint[])
    and cause is distinct from 'forgotten'
order by subscriber_hash
