-- Whether a login may read people's data: a table or column of sync or staging. A superuser may read all.
select
    exists(
        select from pg_catalog.pg_class as relation
        where
            relation.relnamespace in (
                select namespace.oid from pg_catalog.pg_namespace as namespace
                where namespace.nspname in ('sync', 'staging')
            )
            and relation.relkind in ('r', 'p', 'v', 'm', 'f')
            and has_schema_privilege(%(login)s, relation.relnamespace, 'usage')
            and has_any_column_privilege(%(login)s, relation.oid, 'select')
    )
