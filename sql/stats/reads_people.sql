-- Whether a login may read people's data in sync or staging, or take a right to it. Every role counts that
-- the login belongs to, even if it has to take that role first (SET ROLE).
-- Source: PostgreSQL 18 documentation, chapters 21 and 22 (attributes, membership, predefined roles).
with own_relation as (
    select
        relation.oid,
        relation.relnamespace,
        relation.relowner
    from pg_catalog.pg_class as relation
    where
        relation.relkind in ('r', 'p', 'v', 'm', 'f')
        and relation.relnamespace in (
            select namespace.oid from pg_catalog.pg_namespace as namespace
            where namespace.nspname in ('sync', 'staging')
        )
)

select
    exists(
        select from pg_catalog.pg_roles as held
        where
            pg_has_role(%(login)s, held.oid, 'MEMBER')
            and (
                held.rolsuper
                or held.rolreplication
                or held.rolcreaterole
                or held.rolname in (
                    'pg_read_all_data', 'pg_read_server_files', 'pg_execute_server_program'
                )
                or exists (
                    select from pg_catalog.pg_database as this
                    where this.datname = current_database() and this.datdba = held.oid
                )
                or exists (
                    select from pg_catalog.pg_namespace as namespace
                    where namespace.nspname in ('sync', 'staging') and namespace.nspowner = held.oid
                )
                or exists (
                    select from own_relation
                    where
                        own_relation.relowner = held.oid
                        or (
                            has_schema_privilege(held.oid, own_relation.relnamespace, 'usage')
                            and has_any_column_privilege(held.oid, own_relation.oid, 'select')
                        )
                )
                or exists (
                    select from pg_catalog.pg_default_acl as later
                    cross join aclexplode(later.defaclacl) as given
                    where
                        later.defaclobjtype = 'r'
                        and given.grantee = held.oid
                        and given.privilege_type = 'SELECT'
                        and (
                            later.defaclnamespace = 0
                            or later.defaclnamespace in (select own_relation.relnamespace from own_relation)
                        )
                )
            )
    )
