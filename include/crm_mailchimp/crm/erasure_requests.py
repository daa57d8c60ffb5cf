"""Who asked to be forgotten, as the CRM says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from crm_mailchimp.statements import statement


@dataclass(frozen=True, kw_only=True)
class ErasureRequest:
    """One person: a contact that asked to be erased, with those that were merged into it.

    Attributes:
        person_id: the contact that asked.
        requested_at: ``crm.contact.erasure_requested_at``.
        contact_ids: that contact and the merged ones.
        emails: their addresses, as the CRM writes them.
    """

    person_id: int
    requested_at: datetime
    contact_ids: list[int]
    emails: list[str] = field(repr=False)


def read_requests(
    connection: Connection[Any], contact_ids: Sequence[int] = ()
) -> list[ErasureRequest]:
    """All requests for erasure of the CRM, or only those of ``contact_ids``."""
    with connection.cursor(row_factory=class_row(ErasureRequest)) as cursor:
        return cursor.execute(
            statement("crm/erasure_requests"), {"contact_ids": list(contact_ids)}
        ).fetchall()


def read_undecided(connection: Connection[Any]) -> list[tuple[int, int]]:
    """Contacts that asked and were merged into one that did not: (who asked, who did not).

    A merge may be a mistake, and deletion is for good. So a person decides whether the request
    holds for the survivor, too.
    """
    rows = connection.execute(statement("crm/undecided_erasures")).fetchall()
    return [(asked_id, survivor_id) for asked_id, survivor_id in rows]
