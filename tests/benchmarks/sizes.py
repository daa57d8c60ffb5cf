"""How much of the disk tables take."""

from __future__ import annotations

import psycopg

from crm_mailchimp.rows import read_value

_BYTES = """
select coalesce(sum(pg_total_relation_size(relation.oid)), 0)::bigint
from pg_class as relation
inner join pg_namespace as folder on relation.relnamespace = folder.oid
where relation.relkind = 'r' and folder.nspname || '.' || relation.relname ~ %s
"""


def stored_bytes(dsn: str, pattern: str) -> int:
    """Bytes of tables with their indexes.

    Args:
        dsn: of the database.
        pattern: a regular expression of names, such as ``^sync[.]``. Parts of a partitioned table
            have names of their own.
    """
    with psycopg.connect(dsn) as connection:
        return read_value(connection, int, _BYTES, (pattern,))
