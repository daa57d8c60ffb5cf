-- What the login of this session may do with the tables and views of some schemas.
select
    relation.relname,
    folder.nspname || '.' || relation.relname as full_name,
    has_schema_privilege(folder.oid, 'usage') and has_table_privilege(relation.oid, 'select') as may_read,
    relation.relkind in ('r', 'p') as is_table,
    has_table_privilege(relation.oid, 'insert') as may_insert,
    has_table_privilege(relation.oid, 'update') as may_update,
    has_table_privilege(relation.oid, 'delete') as may_delete,
    pg_has_role(relation.relowner, 'usage') as is_owner
from pg_class as relation
inner join pg_namespace as folder on relation.relnamespace = folder.oid
where
    folder.nspname = any(%(schemas)s::text[])
    and relation.relkind in ('r', 'p', 'v', 'm', 'f')
order by full_name
