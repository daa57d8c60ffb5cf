-- Functions of Postgres that a name after a dot can mean: those that take a whole row, alone or first. A
-- name that is a column of the contract's table is a column.
select proc.proname
from pg_proc as proc
inner join pg_type as argument on proc.proargtypes[0] = argument.oid
where
    proc.pronamespace = 'pg_catalog'::regnamespace
    and proc.proname = any(%(names)s::text[])
    and argument.typtype in ('p', 'c')
    and not exists (
        select from pg_attribute as attribute
        inner join pg_class as relation on attribute.attrelid = relation.oid
        where
            relation.relnamespace = 'crm'::regnamespace
            and relation.relkind in ('r', 'p', 'v', 'm', 'f')
            and attribute.attname = proc.proname
            and not attribute.attisdropped
            and attribute.attnum > 0
    )
order by proc.proname
limit 1
