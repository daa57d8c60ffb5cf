-- Whether the present login may do more than read. It looks at the login's attributes and at the roles that
-- it may switch to. It also looks at what it owns, and at rights to write into the contract.
select
    login.rolsuper or login.rolcreaterole or login.rolcreatedb or login.rolreplication or login.rolbypassrls
    or exists (
        select from pg_auth_members as membership
        where membership.member = login.oid
    )
    or exists (
        select from pg_class as relation
        where
            relation.relnamespace = 'crm'::regnamespace
            and relation.relkind in ('r', 'p', 'v', 'm', 'f')
            and (
                relation.relowner = login.oid
                or has_table_privilege(relation.oid, 'insert, update, delete, truncate')
            )
    ) as is_powerful
from pg_roles as login
where login.rolname = session_user
