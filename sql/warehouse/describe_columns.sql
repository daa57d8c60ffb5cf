-- Each column of tables and views, with its type and the words of the database for both.
select
    namespace.nspname::text as schema_name,
    relation.relname::text as relation_name,
    relation.relkind = 'v' as is_view,
    obj_description(relation.oid, 'pg_class') as relation_comment,
    attribute.attname::text as column_name,
    format_type(attribute.atttypid, null) as column_type,
    col_description(relation.oid, attribute.attnum) as column_comment
from pg_class as relation
inner join pg_namespace as namespace on relation.relnamespace = namespace.oid
inner join pg_attribute as attribute on relation.oid = attribute.attrelid
where
    namespace.nspname = any(%(schemas)s)
    and relation.relkind in ('r', 'p', 'v', 'm')
    and not relation.relispartition
    and attribute.attnum > 0
    and not attribute.attisdropped
order by relation.relname, attribute.attnum;
