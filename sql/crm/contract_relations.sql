-- Tables and views in schema crm, whether or not this login may read them.
select
    relation.relname,
    relation.relkind in ('r', 'p') as is_table,
    pg_has_role(relation.relowner, 'usage') as is_owned
from pg_class as relation
where
    relation.relnamespace = to_regnamespace('crm')
    and relation.relkind in ('r', 'p', 'v', 'm', 'f')
