"""How long ago each collection last succeeded, for those who watch it from outside."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement


class SuccessAge(NamedTuple):
    """The time since a collection's last succeeded run.

    Attributes:
        seconds: since the run's end.
    """

    collection_id: int
    seconds: float


def success_ages(warehouse: Connection[Any]) -> list[SuccessAge]:
    """The ages of collections that ran in the last seven days; commits."""
    found = read_rows(warehouse, SuccessAge, statement("sync/success_ages"))
    warehouse.commit()
    return found
