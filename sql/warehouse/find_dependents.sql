-- Objects that the drop of one view or function would remove: its direct dependents. A view depends through
-- its rule, and a row type belongs to its view.
with dropped as (
    select
        %(class_id)s::oid as class_id,
        %(object_id)s::oid as object_id
    union all
    select
        'pg_type'::regclass::oid as class_id,
        unnest(array[row_type.oid, row_type.typarray]) as object_id
    from pg_type as row_type
    where %(class_id)s::oid = 'pg_class'::regclass and row_type.typrelid = %(object_id)s::oid
),

dependent as (
    select distinct
        case when rule.rulename = '_RETURN' then 'pg_class'::regclass::oid else edge.classid end as class_id,
        case when rule.rulename = '_RETURN' then rule.ev_class else edge.objid end as object_id
    from pg_depend as edge
    inner join dropped on edge.refclassid = dropped.class_id and edge.refobjid = dropped.object_id
    left join pg_rewrite as rule on edge.classid = 'pg_rewrite'::regclass and edge.objid = rule.oid
)

select
    dependent.class_id,
    dependent.object_id,
    named.type || ' ' || split_part(named.identity, '(', 1) as identity,
    named.type || ' ' || named.identity as description
from dependent
cross join lateral pg_identify_object(dependent.class_id, dependent.object_id, 0) as named
where
    not exists (
        select from dropped
        where dropped.class_id = dependent.class_id and dropped.object_id = dependent.object_id
    )
order by description;
