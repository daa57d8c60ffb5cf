-- Tables with row-level security below the contract's tables and views. Each has the role whose policies
-- count: the present login, or the owner of a view. Whether that role is subject to them is in is_subject.
-- A materialized view keeps what its owner saw (is_stored): Postgres gives no error when it is read.
-- Source: PostgreSQL 18 manual, "Row Security Policies" and "CREATE VIEW" (security_invoker).
with recursive relation as (
    select
        pg_class.oid,
        pg_class.relkind,
        pg_class.relowner,
        pg_class.relkind = 'v'
        and exists (
            select from pg_options_to_table(pg_class.reloptions) as setting
            where setting.option_name = 'security_invoker' and setting.option_value ~* '^(t|y|on|1)'
        ) as is_invoking
    from pg_class
    where pg_class.relkind in ('r', 'p', 'v', 'm', 'f')
),

reading as (
    select distinct
        rule.ev_class as reader_id,
        dependency.refobjid as relation_id
    from pg_rewrite as rule
    inner join pg_depend as dependency on rule.oid = dependency.objid
    where
        dependency.classid = 'pg_rewrite'::regclass
        and dependency.refclassid = 'pg_class'::regclass
        and dependency.refobjid <> rule.ev_class
),

reached as (
    select
        contract.oid as relation_id,
        contract.oid as contract_id,
        login.oid as role_id,
        login.oid as invoker_id,
        false as is_stored,
        true as is_login
    from pg_class as contract
    inner join pg_roles as login on login.rolname = current_user
    where contract.relnamespace = to_regnamespace('crm') and contract.relname = any(%(tables)s::text[])
    union
    select
        reading.relation_id,
        reached.contract_id,
        case when parent.is_invoking then reached.invoker_id else parent.relowner end as role_id,
        case when parent.relkind = 'm' then parent.relowner else reached.invoker_id end as invoker_id,
        reached.is_stored or parent.relkind = 'm' as is_stored,
        parent.is_invoking and not reached.is_stored as is_login
    from reached
    inner join relation as parent on reached.relation_id = parent.oid
    inner join reading on parent.oid = reading.reader_id
)

select distinct
    contract.relname as contract_name,
    quote_ident(nsp.nspname) || '.' || quote_ident(guarded.relname) as guarded_name,
    role.rolname as role_name,
    reached.is_stored,
    reached.is_login,
    not role.rolsuper
    and not role.rolbypassrls
    and (guarded.relforcerowsecurity or not pg_has_role(role.oid, guarded.relowner, 'usage')) as is_subject
from reached
inner join pg_class as contract on reached.contract_id = contract.oid
inner join pg_class as guarded on reached.relation_id = guarded.oid
inner join pg_namespace as nsp on guarded.relnamespace = nsp.oid
inner join pg_roles as role on reached.role_id = role.oid
where guarded.relrowsecurity
order by contract_name, guarded_name, role_name
