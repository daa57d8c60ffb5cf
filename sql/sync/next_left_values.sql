-- A page of members whose values in former fields are to be cleared.
select subscriber_hash
from sync.member
where
    list_id = %(list_id)s
    and left_values = 'waiting'
    and status <> 'archived'
    and origin in ('created', 'adopted')
    and cause is distinct from 'forgotten'
    and subscriber_hash > %(after)s
order by subscriber_hash
limit %(page)s
