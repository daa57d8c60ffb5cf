select format('drop table if exists staging.%%I', parent.name || '_' || %(staging_id)s::bigint) as command
from
    unnest(array['membership', 'contact', 'consent', 'refusal', 'merged', 'verdict', 'plan']) as parent (name)
