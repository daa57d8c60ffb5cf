select
    kind,
    cause,
    suppressed_at
from sync.suppression
where digest = any(%(digests)s::bytea[])
order by suppressed_at, kind
