"""Who asked to be forgotten, as the CRM says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.address import parse_address
from crm_mailchimp.rows import read_rows, read_value
from crm_mailchimp.statements import statement

#: What is said of rows that :func:`count_unidentified` counts, after their number.
NAMES_NOBODY = (
    "asked for erasure, and have neither a contact_id nor an address that can be read: nobody can "
    "be erased. Correct these rows in the CRM, or delete these people in Mailchimp by hand"
)


@dataclass(frozen=True, kw_only=True)
class ErasureRequest:
    """One person: a contact that asked to be erased, with those that were merged into it.

    Attributes:
        person_id: the contact that asked; None: its id cannot be read.
        asked_email: the address that names a contact without a readable id; else None.
        requested_at: ``crm.contact.erasure_requested_at`` as Postgres writes it. It may be a time
            that Python cannot hold, such as ``infinity``.
        contact_ids: that contact and the merged ones.
        emails: their addresses, as the CRM writes them, each once.
    """

    person_id: int | None
    asked_email: str | None = field(repr=False)
    requested_at: str
    contact_ids: list[int]
    emails: list[str] = field(repr=False)

    def __str__(self) -> str:
        return _in_words(self.person_id)


class UndecidedErasure(NamedTuple):
    """A contact that asked to be erased, and the one it was merged into, which did not ask.

    Attributes:
        asked_id: None: its id cannot be read.
        survivor_id: the other contact.
    """

    asked_id: int | None
    survivor_id: int

    @property
    def asked(self) -> str:
        """The contact that asked, in words."""
        return _in_words(self.asked_id)


def read_requests(
    connection: Connection[Any], contact_ids: Sequence[int] = ()
) -> list[ErasureRequest]:
    """All requests for erasure of the CRM, or only those of ``contact_ids``.

    A contact with neither an id nor an address that can be read is not among them: see
    :func:`count_unidentified`.
    """
    return [one for one in _read_all(connection, contact_ids) if _names_somebody(one)]


def count_unidentified(connection: Connection[Any]) -> int:
    """Number of contacts that asked to be erased, and that neither an id nor an address names.

    ``Άννα <anna@mail.gr>`` is no address: deletion is for good, so nobody guesses who is meant.
    """
    without_address = read_value(connection, int, statement("crm/unidentified_erasures"), {})
    unreadable = sum(not _names_somebody(one) for one in _read_all(connection, ()))
    return without_address + unreadable


def read_undecided(connection: Connection[Any]) -> list[UndecidedErasure]:
    """Contacts that asked and were merged into one that did not.

    A merge may be a mistake, and deletion is for good. So a person decides whether the request
    holds for the survivor, too.
    """
    return read_rows(connection, UndecidedErasure, statement("crm/undecided_erasures"))


def _read_all(connection: Connection[Any], contact_ids: Sequence[int]) -> list[ErasureRequest]:
    return read_rows(
        connection,
        ErasureRequest,
        statement("crm/erasure_requests"),
        {"contact_ids": list(contact_ids)},
    )


def _names_somebody(request: ErasureRequest) -> bool:
    return request.person_id is not None or any(
        parse_address(email).key for email in request.emails
    )


def _in_words(contact_id: int | None) -> str:
    return "a contact whose id cannot be read" if contact_id is None else f"contact {contact_id}"
