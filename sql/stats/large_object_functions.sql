-- Functions of Postgres that make large objects, if this login may grant or revoke the right to call them.
select made.oid::regprocedure::text as function_name
from pg_proc as made
where
    made.pronamespace = 'pg_catalog'::regnamespace
    and made.proname in ('lo_creat', 'lo_create', 'lo_from_bytea')
    and pg_has_role(made.proowner, 'USAGE');
