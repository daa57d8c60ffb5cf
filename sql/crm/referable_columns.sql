-- Columns in schema crm that a foreign key of this login may refer to, with their types. A unique index is
-- on each of them alone.
select
    relation.relname,
    attribute.attname,
    kind.typname as base_name
from pg_class as relation
inner join pg_index as key on relation.oid = key.indrelid
inner join pg_attribute as attribute on relation.oid = attribute.attrelid and key.indkey[0] = attribute.attnum
inner join pg_type as kind on attribute.atttypid = kind.oid
where
    relation.relnamespace = to_regnamespace('crm')
    and relation.relkind in ('r', 'p')
    and key.indisunique
    and key.indimmediate
    and key.indisvalid
    and key.indpred is null
    and key.indexprs is null
    and key.indnkeyatts = 1
    and has_table_privilege(relation.oid, 'references')
