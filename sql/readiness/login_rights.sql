-- What the login of this session may do beyond the tables. Only catalogs are read.
select
    role.rolname as login,
    role.rolsuper as is_superuser,
    role.rolcreaterole as creates_roles,
    role.rolcreatedb as creates_databases,
    role.rolreplication as replicates,
    role.rolbypassrls as sees_all_rows,
    database.datdba = role.oid as owns_database,
    has_database_privilege(database.oid, 'temporary') as makes_temporary_tables,
    has_function_privilege('pg_catalog.pg_export_snapshot()', 'execute') as exports_snapshots
from pg_roles as role
inner join pg_database as database on database.datname = current_database()
where role.rolname = current_user
