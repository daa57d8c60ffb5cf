"""Is a database a CRM as the pipeline sees it? Every task asks before it reads."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.named_connection import place_of
from crm_mailchimp.rows import read_value

# Tables, views and the like, also those that this login may not read.
_HAS_CONTRACT = """
select exists (
    select from pg_catalog.pg_class as relation
    inner join pg_catalog.pg_namespace as folder on relation.relnamespace = folder.oid
    where
        folder.nspname = 'crm'
        and relation.relname in ('contact', 'contact_collection')
        and relation.relkind in ('r', 'p', 'v', 'm', 'f')
)
"""


class NoContractError(PermanentError):
    """The database has no contacts and no collections in the schema crm."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place} leads to a database without the CRM contract: the schema crm has neither"
            " contacts nor collections. Correct the connection. If the database is the right one,"
            " make the tables or views of the contract (python -m crm_mailchimp.crm create)"
        )


def require_contract(crm: Connection[Any]) -> None:
    """Refuse a database that has nothing of the CRM contract; commits.

    Args:
        crm: outside a transaction.

    Raises:
        NoContractError: it has neither ``crm.contact`` nor ``crm.contact_collection``.
    """
    has_contract = read_value(crm, bool, _HAS_CONTRACT)
    crm.commit()
    if not has_contract:
        raise NoContractError(place_of(crm))
