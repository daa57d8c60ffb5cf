select
    action,
    coalesce(cause, '') as cause,
    count(*)::integer as members
from staging.plan
where staging_id = %(staging_id)s and collection_id = %(collection_id)s
group by action, cause
