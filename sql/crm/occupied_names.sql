-- What else has the name of a contract's table in schema crm, so that no table can have it. Relations of all
-- kinds share their names. A table also has a type of its own name.
-- Source: PostgreSQL 18 manual, "CREATE TABLE" (names) and "pg_type".
select
    relation.relname as name,
    case relation.relkind
        when 'S' then 'sequence'
        when 'c' then 'type'
        else 'index'
    end as kind
from pg_class as relation
where
    relation.relnamespace = to_regnamespace('crm')
    and relation.relkind in ('S', 'c', 'i', 'I')
    and relation.relname = any(%(tables)s::text[])
union
select
    pg_type.typname as name,
    case pg_type.typtype when 'd' then 'domain' else 'type' end as kind
from pg_type
where
    pg_type.typnamespace = to_regnamespace('crm')
    and pg_type.typrelid = 0
    and pg_type.typname = any(%(tables)s::text[])
order by name, kind
