-- Tables of one staging. They are unlogged, because every run reads them again from the CRM.
--
-- Each is made alone and attached then. To attach, Postgres locks the parent against other stagings only.
-- "create table … partition of" would lock it against readers. A run that plans reads several parents, one
-- after the other: it and this staging would wait for each other.
select command
from
    unnest(array['membership', 'contact', 'consent', 'refusal', 'merged', 'verdict', 'plan'])
    with ordinality as parent (name, position)
cross join
    lateral (
        values
        (
            1,
            format(
                'create unlogged table staging.%%1$I (like staging.%%2$I including all)',
                parent.name || '_' || %(staging_id)s::bigint, parent.name
            )
        ),
        (
            2,
            format(
                'alter table staging.%%2$I attach partition staging.%%1$I for values in (%%3$s)',
                parent.name || '_' || %(staging_id)s::bigint, parent.name, %(staging_id)s::bigint
            )
        )
    ) as step (step_number, command)
order by parent.position, step.step_number
