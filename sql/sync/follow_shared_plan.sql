-- What the plan of a shared audience holds back or asks first gets no tag of its collections.
update staging.plan as own
set
    action = 'quarantine',
    cause
    = case when shared.action in ('add_pending', 'reconfirm') then 'suppressed_pending' else shared.cause end
from staging.plan as shared
where
    own.staging_id = %(staging_id)s
    and own.collection_id = any(%(collection_ids)s::bigint[])
    and own.action in ('tag', 'unchanged')
    and shared.staging_id = own.staging_id
    and shared.collection_id = %(shared_id)s
    and shared.subscriber_hash = own.subscriber_hash
    and shared.action in ('quarantine', 'unsubscribe', 'add_pending', 'reconfirm')
    -- Another contact of the same address is the member.
    and shared.cause is distinct from 'duplicate_email'
