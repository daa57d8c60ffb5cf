-- Owner and rights of views and functions: one row for each right, on the whole object or on one column.
-- PUBLIC is the grantee null.
with object as (
    select
        relation.oid,
        'view ' || quote_ident(namespace.nspname) || '.' || quote_ident(relation.relname) as identity,
        relation.relowner as owner_id,
        attribute.attname as column_name,
        case
            when attribute.attname is null then coalesce(relation.relacl, acldefault('r', relation.relowner))
            else attribute.attacl
        end as rights
    from pg_class as relation
    inner join pg_namespace as namespace on relation.relnamespace = namespace.oid
    cross join
        lateral (
            select
                null::name as attname,
                null::aclitem[] as attacl
            union all
            select
                attname,
                attacl
            from pg_attribute
            where attrelid = relation.oid and attacl is not null and not attisdropped
        ) as attribute
    where relation.relkind = 'v'
    union all
    select
        function.oid,
        'function ' || quote_ident(namespace.nspname) || '.' || quote_ident(function.proname) as identity,
        function.proowner as owner_id,
        null as column_name,
        coalesce(function.proacl, acldefault('f', function.proowner)) as rights
    from pg_proc as function
    inner join pg_namespace as namespace on function.pronamespace = namespace.oid
)

select
    object.identity,
    object.oid,
    pg_get_userbyid(object.owner_id) as owner,
    object.column_name,
    item.privilege_type as privilege,
    case when item.grantee <> 0 then pg_get_userbyid(item.grantee) end as grantee,
    item.is_grantable
from object
left join lateral aclexplode(object.rights) as item on true
where object.identity = any(%(identities)s);
