-- Views, functions and triggers of the given names, and the catalog that keeps each one.
select
    object.class_id,
    object.object_id,
    named.type || ' ' || split_part(named.identity, '(', 1) as identity
from (
    select
        'pg_class'::regclass::oid as class_id,
        oid as object_id
    from pg_class
    where relkind = 'v' and relnamespace <> 'pg_catalog'::regnamespace
    union all
    select
        'pg_proc'::regclass::oid as class_id,
        oid as object_id
    from pg_proc
    where pronamespace <> 'pg_catalog'::regnamespace
    union all
    select
        'pg_trigger'::regclass::oid as class_id,
        oid as object_id
    from pg_trigger
    where not tgisinternal
) as object
cross join lateral pg_identify_object(object.class_id, object.object_id, 0) as named
where named.type || ' ' || split_part(named.identity, '(', 1) = any(%(identities)s)
order by identity;
