-- What may hide rows below the contract's tables and views: tables with row-level security, foreign tables,
-- materialized views and functions. Each has the role whose policies count: the present login, or an owner.
-- Whether that role is subject to a table's policies is in is_subject. A materialized view keeps what its
-- owner saw, and a function may set row_security itself. Then Postgres gives no error (is_silent).
-- Functions with a parsed body (BEGIN ATOMIC) are followed. Others have their tables in a text.
-- Functions of Postgres itself have no entries in pg_depend. They keep to the session's row_security.
-- Source: PostgreSQL 18 manual, "Row Security Policies", "CREATE VIEW" (security_invoker), "CREATE FUNCTION"
-- and "pg_depend".
with recursive reader as (
    select
        'pg_class'::regclass::oid as reader_class,
        pg_class.oid as reader_id,
        pg_class.relkind::text as kind,
        pg_class.relowner as owner_id,
        pg_class.relkind = 'v'
        and exists (
            select from pg_options_to_table(pg_class.reloptions) as setting
            where setting.option_name = 'security_invoker' and setting.option_value ~* '^(t|y|on|1)'
        ) as is_invoking,
        pg_class.relkind = 'm' as has_own_invoker,
        pg_class.relkind = 'm' as is_silent
    from pg_class
    where pg_class.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select
        'pg_proc'::regclass::oid as reader_class,
        routine.oid as reader_id,
        'function' as kind,
        routine.proowner as owner_id,
        true as is_invoking,
        routine.prosecdef as has_own_invoker,
        coalesce(array_to_string(routine.proconfig, ',') ~* '(^|,)row_security=(t|y|on|1)', false)
            as is_silent
    from pg_proc as routine
    union all
    select
        'pg_operator'::regclass::oid as reader_class,
        pg_operator.oid as reader_id,
        'operator' as kind,
        pg_operator.oprowner as owner_id,
        true as is_invoking,
        false as has_own_invoker,
        false as is_silent
    from pg_operator
),

reading as (
    select
        'pg_class'::regclass::oid as reader_class,
        rule.ev_class as reader_id,
        dependency.refclassid as source_class,
        dependency.refobjid as source_id
    from pg_rewrite as rule
    inner join pg_depend as dependency on rule.oid = dependency.objid
    where
        rule.ev_type = '1'
        and dependency.classid = 'pg_rewrite'::regclass
        and not (dependency.refclassid = 'pg_class'::regclass and dependency.refobjid = rule.ev_class)
    union
    select
        dependency.classid as reader_class,
        dependency.objid as reader_id,
        dependency.refclassid as source_class,
        dependency.refobjid as source_id
    from pg_depend as dependency
    where dependency.classid in ('pg_proc'::regclass, 'pg_operator'::regclass)
    union
    select
        'pg_class'::regclass::oid as reader_class,
        heir.inhparent as reader_id,
        'pg_class'::regclass::oid as source_class,
        heir.inhrelid as source_id
    from pg_inherits as heir
),

-- The invoker is the role that calls functions and reads below a view with security_invoker.
reached as (
    select
        'pg_class'::regclass::oid as source_class,
        contract.oid as source_id,
        contract.oid as contract_id,
        login.oid as role_id,
        login.oid as invoker_id,
        false as is_silent,
        true as is_login,
        true as is_login_invoker,
        false as is_heir
    from pg_class as contract
    inner join pg_roles as login on login.rolname = current_user
    where contract.relnamespace = to_regnamespace('crm') and contract.relname = any(%(tables)s::text[])
    union
    select
        reading.source_class,
        reading.source_id,
        reached.contract_id,
        case
            when parent.kind in ('r', 'p') then reached.role_id
            when parent.is_invoking and not parent.has_own_invoker then reached.invoker_id
            else parent.owner_id
        end as role_id,
        case when parent.has_own_invoker then parent.owner_id else reached.invoker_id end as invoker_id,
        reached.is_silent or parent.is_silent as is_silent,
        case
            when parent.kind in ('r', 'p') then reached.is_login
            else parent.is_invoking and reached.is_login_invoker and not parent.has_own_invoker
        end as is_login,
        reached.is_login_invoker and not parent.has_own_invoker as is_login_invoker,
        parent.kind in ('r', 'p') as is_heir
    from reached
    inner join reading
        on reached.source_class = reading.reader_class and reached.source_id = reading.reader_id
    inner join reader as parent
        on reached.source_class = parent.reader_class and reached.source_id = parent.reader_id
    where reading.source_class in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass)
),

source as (
    select
        reached.contract_id,
        case found.relkind
            when 'm' then 'materialized view'
            when 'f' then 'foreign table'
            else 'table'
        end as kind,
        quote_ident(nsp.nspname) || '.' || quote_ident(found.relname) as source_name,
        case when found.relkind = 'm' then found.relowner else reached.role_id end as role_id,
        found.relowner as owner_id,
        reached.is_silent,
        reached.is_login,
        found.relforcerowsecurity as is_forced,
        server.srvname as server_name
    from reached
    inner join pg_class as found
        on reached.source_class = 'pg_class'::regclass and reached.source_id = found.oid
    inner join pg_namespace as nsp on found.relnamespace = nsp.oid
    left join pg_foreign_table as remote on found.oid = remote.ftrelid
    left join pg_foreign_server as server on remote.ftserver = server.oid
    -- Only policies of the parent count where rows of heirs and partitions are read by it.
    where found.relkind in ('m', 'f') or (found.relrowsecurity and not reached.is_heir)
    union all
    select
        reached.contract_id,
        'function' as kind,
        quote_ident(nsp.nspname) || '.' || quote_ident(routine.proname) || '('
        || pg_get_function_identity_arguments(routine.oid) || ')' as source_name,
        case when routine.prosecdef then routine.proowner else reached.invoker_id end as role_id,
        routine.proowner as owner_id,
        reached.is_silent,
        reached.is_login_invoker and not routine.prosecdef as is_login,
        false as is_forced,
        null as server_name
    from reached
    inner join pg_proc as routine
        on reached.source_class = 'pg_proc'::regclass and reached.source_id = routine.oid
    inner join pg_namespace as nsp on routine.pronamespace = nsp.oid
    inner join pg_language as language on routine.prolang = language.oid
    where
        routine.proretset
        or routine.prosecdef
        or routine.proconfig is not null
        or language.lanname not in ('internal', 'c', 'sql', 'plpgsql')
        or exists (
            select from pg_depend as dependency
            where
                dependency.classid = 'pg_proc'::regclass
                and dependency.objid = routine.oid
                and dependency.refclassid = 'pg_class'::regclass
        )
        -- A text that reads a table, runs another text, or calls a function that somebody has made.
        or (
            language.lanname in ('sql', 'plpgsql')
            and (
                routine.prosrc ~* '\m(from|table|execute|perform|call|set_config)\M'
                or exists (
                    select from pg_proc as called
                    where
                        called.oid >= 16384
                        and called.oid <> routine.oid
                        and lower(regexp_replace(routine.prosrc, '["\s]', '', 'g'))
                        like '%%' || lower(called.proname) || '(%%'
                )
            )
        )
)

select distinct
    contract.relname as contract_name,
    source.kind,
    source.source_name,
    role.rolname as role_name,
    source.server_name,
    source.is_silent,
    source.is_login,
    source.kind = 'table'
    and not role.rolsuper
    and not role.rolbypassrls
    and (source.is_forced or not pg_has_role(role.oid, source.owner_id, 'usage')) as is_subject
from source
inner join pg_class as contract on source.contract_id = contract.oid
inner join pg_roles as role on source.role_id = role.oid
order by contract_name, kind, source_name, role_name
