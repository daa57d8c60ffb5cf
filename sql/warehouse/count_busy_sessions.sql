-- Sessions of others that hold or want a lock of ours: tasks, commands and pages at work.
select count(distinct busy.pid)::int
from pg_catalog.pg_locks as busy
where
    busy.locktype = 'advisory'
    and busy.database = (
        select this.oid from pg_catalog.pg_database as this
        where this.datname = current_database()
    )
    and busy.pid <> pg_catalog.pg_backend_pid()
