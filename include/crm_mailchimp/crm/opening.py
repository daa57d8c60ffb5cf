"""Is a database a CRM as the pipeline sees it? Every task asks before it reads."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.named_connection import place_of
from crm_mailchimp.rows import read_rows

# Tables, views and the like, also those that this login may not read.
_LOOK = """
select
    exists (
        select from pg_catalog.pg_class as relation
        inner join pg_catalog.pg_namespace as folder on relation.relnamespace = folder.oid
        where
            folder.nspname = 'crm'
            and relation.relname in ('contact', 'contact_collection')
            and relation.relkind in ('r', 'p', 'v', 'm', 'f')
    ) as has_contract,
    pg_catalog.pg_is_in_recovery() as is_replica
"""


class NoContractError(PermanentError):
    """The database has no contacts and no collections in the schema crm."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place} leads to a database without the CRM contract: the schema crm has neither"
            " contacts nor collections. Correct the connection. If the database is the right one,"
            " make the tables or views of the contract (python -m crm_mailchimp.crm create)"
        )


class CrmReplicaError(PermanentError):
    """The database is a replica: what it says of consents is as old as its lag."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place} leads to a read replica of the CRM. It may not know yet who has withdrawn a"
            " consent, and such a person would be mailed. Let the connection lead to the CRM's own"
            " server"
        )


class _Crm(NamedTuple):
    """What a database shows of itself."""

    has_contract: bool
    is_replica: bool


def require_contract(crm: Connection[Any]) -> None:
    """Refuse a database that has nothing of the CRM contract, or is a replica; commits.

    Args:
        crm: outside a transaction.

    Raises:
        NoContractError: it has neither ``crm.contact`` nor ``crm.contact_collection``.
        CrmReplicaError: it follows another server.
    """
    (found,) = read_rows(crm, _Crm, _LOOK)
    crm.commit()
    if not found.has_contract:
        raise NoContractError(place_of(crm))
    if found.is_replica:
        raise CrmReplicaError(place_of(crm))
