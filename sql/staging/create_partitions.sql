-- Tables of one staging. They are unlogged, because every run reads them again from the CRM.
select
    format(
        'create unlogged table staging.%%1$I partition of staging.%%2$I for values in (%%3$s)',
        parent.name || '_' || %(staging_id)s::bigint, parent.name, %(staging_id)s::bigint
    ) as command
from
    unnest(array['membership', 'contact', 'consent', 'refusal', 'merged', 'verdict', 'plan']) as parent (name)
