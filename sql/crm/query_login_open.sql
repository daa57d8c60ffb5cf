-- Rights of the login beyond reading the contract. These are rights that this database's owner could not
-- take away, and rights in other databases of the server.
with login as (
    select role.oid
    from pg_roles as role
    where role.rolname = %(login)s
)

select 'function ' || proc.oid::regprocedure::text as what
from pg_proc as proc
cross join login
where
    proc.pronamespace = 'pg_catalog'::regnamespace
    and proc.proname ~ %(functions)s -- noqa: RF02
    and has_function_privilege(login.oid, proc.oid, 'execute')
union all
select 'schema ' || quote_ident(nsp.nspname) as what
from pg_namespace as nsp
cross join login
where
    nsp.nspname not in ('crm', 'pg_catalog', 'information_schema')
    and has_schema_privilege(login.oid, nsp.oid, 'usage, create')
union all
select 'temporary tables' as what
from login
where has_database_privilege(login.oid, current_database(), 'temporary, create')
union all
select 'rights in database ' || quote_ident(db.datname) as what
from pg_database as db
inner join pg_shdepend as dependency on db.oid = dependency.dbid
inner join login on dependency.refobjid = login.oid
where dependency.refclassid = 'pg_authid'::regclass and db.datname <> current_database()
group by db.datname
order by what
