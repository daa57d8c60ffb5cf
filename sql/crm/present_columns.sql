-- Columns in schema crm that this login may read, with their base types. Materialised views are included.
with recursive kind as (
    select
        oid as type_id,
        typname as base_name
    from pg_type
    where typtype <> 'd'
    union all
    select
        domain.oid,
        kind.base_name
    from pg_type as domain
    inner join kind on domain.typbasetype = kind.type_id
    where domain.typtype = 'd'
)

select
    relation.relname,
    attribute.attname,
    kind.base_name
from pg_class as relation
inner join pg_attribute as attribute on relation.oid = attribute.attrelid
inner join kind on attribute.atttypid = kind.type_id
where
    relation.relnamespace = to_regnamespace('crm')
    and relation.relkind in ('r', 'p', 'v', 'm', 'f')
    and attribute.attnum > 0
    and not attribute.attisdropped
    and has_schema_privilege(relation.relnamespace, 'usage')
    and has_column_privilege(relation.oid, attribute.attnum, 'select')
order by relation.relname, attribute.attnum
