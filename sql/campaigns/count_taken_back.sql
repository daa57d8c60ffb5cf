-- Subscribed members that are not ours, and that took back the marketing permission that counts. The sync
-- leaves them alone, and a campaign would reach them.
select count(*)
from sync.member
where
    list_id = %(list_id)s
    and taken_back_permissions <> '{}'
    and cause = 'permission_taken_back'
    and status = 'subscribed'
    and origin = 'foreign'
