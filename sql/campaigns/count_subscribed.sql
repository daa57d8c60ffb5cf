select count(*)
from sync.member as member
where
    member.list_id = %(list_id)s
    and member.status = 'subscribed'
    and member.cause is distinct from 'forgotten'
