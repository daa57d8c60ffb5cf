"""Who asked to be forgotten, as the CRM says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement


@dataclass(frozen=True, kw_only=True)
class ErasureRequest:
    """One person: a contact that asked to be erased, with those that were merged into it.

    Attributes:
        person_id: the contact that asked.
        requested_at: ``crm.contact.erasure_requested_at`` as Postgres writes it. It may be a time
            that Python cannot hold, such as ``infinity``.
        contact_ids: that contact and the merged ones.
        emails: their addresses, as the CRM writes them.
    """

    person_id: int
    requested_at: str
    contact_ids: list[int]
    emails: list[str] = field(repr=False)


class UndecidedErasure(NamedTuple):
    """A contact that asked to be erased, and the one it was merged into, which did not ask."""

    asked_id: int
    survivor_id: int


def read_requests(
    connection: Connection[Any], contact_ids: Sequence[int] = ()
) -> list[ErasureRequest]:
    """All requests for erasure of the CRM, or only those of ``contact_ids``."""
    return read_rows(
        connection,
        ErasureRequest,
        statement("crm/erasure_requests"),
        {"contact_ids": list(contact_ids)},
    )


def read_undecided(connection: Connection[Any]) -> list[UndecidedErasure]:
    """Contacts that asked and were merged into one that did not.

    A merge may be a mistake, and deletion is for good. So a person decides whether the request
    holds for the survivor, too.
    """
    return read_rows(connection, UndecidedErasure, statement("crm/undecided_erasures"))
