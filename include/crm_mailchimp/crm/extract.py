"""Reading contacts out of the CRM, batch by batch, and a few again right before a push."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection, IsolationLevel
from psycopg.rows import class_row, dict_row

from crm_mailchimp.crm import consents
from crm_mailchimp.statements import statement

#: Keys of a contact's own columns among the values of its additional fields.
ADDRESS_CODE = "contact.address"
BIRTHDAY_CODE = "contact.birth_date"


@dataclass(frozen=True)
class Snapshot:
    """The run's view of the CRM: its clock, and the name others join it by."""

    clock: datetime
    name: str


@dataclass(frozen=True, kw_only=True)
class ExtractedContact:
    """A contact with what may be sent of it (``sql/crm/extract_contacts.sql``).

    Attributes:
        field_values: JSON text of the values by field code.
        content_hash: of names and language.
        fields_hash: of the field values.
    """

    contact_id: int
    email: str | None = field(repr=False)
    first_name: str | None = field(repr=False)
    last_name: str | None = field(repr=False)
    language: str | None
    is_active: bool
    erasure_requested_at: datetime | None
    merged_into_id: int | None
    field_values: str | None = field(repr=False)
    content_hash: str
    fields_hash: str | None


@dataclass(frozen=True, kw_only=True)
class RecheckedContact:
    """A contact's state right before its push."""

    contact_id: int
    email: str | None = field(repr=False)
    is_active: bool
    is_erased: bool
    merged_ids: Sequence[int]
    consent_id: int | None
    has_consent: bool
    is_unreadable: bool
    is_member: bool


@contextmanager
def snapshot(connection: Connection[Any]) -> Iterator[Snapshot]:
    """One ``REPEATABLE READ READ ONLY`` transaction of the CRM; its clock is the run's clock.

    Args:
        connection: to ``crm_db``, outside a transaction.
    """
    connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    connection.set_read_only(True)
    with connection.transaction():
        row = connection.execute("select transaction_timestamp(), pg_export_snapshot()").fetchone()
        if row is None:
            raise RuntimeError("crm_db answered no clock")
        yield Snapshot(*row)


def contacts(
    connection: Connection[Any], contact_ids: Sequence[int], *, with_fields: bool
) -> Iterator[ExtractedContact]:
    """Contacts of one batch."""
    with connection.cursor(row_factory=class_row(ExtractedContact)) as cursor:
        yield from cursor.execute(
            statement("crm/extract_contacts"),
            {
                "contact_ids": list(contact_ids),
                "with_fields": with_fields,
                "address_code": ADDRESS_CODE,
                "birthday_code": BIRTHDAY_CODE,
            },
        )


def recheck(
    connection: Connection[Any],
    contact_ids: Sequence[int],
    gdpr_category: str | None,
    *,
    collection_id: int | None = None,
) -> dict[int, RecheckedContact]:
    """The present state of contacts about to be pushed; who is missing is gone from the CRM.

    Args:
        collection_id: a static collection; without one everybody counts as its member.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            statement("crm/recheck_contacts"),
            {"contact_ids": list(contact_ids), "collection_id": collection_id},
        ).fetchall()
    judged = consents.judge(connection, contact_ids) if gdpr_category != "unclassified" else {}
    return {row["contact_id"]: _rechecked(row, judged, gdpr_category) for row in rows}


def _rechecked(
    row: Mapping[str, Any],
    judged: Mapping[tuple[int, str], consents.JudgedConsent],
    gdpr_category: str | None,
) -> RecheckedContact:
    consent = judged.get((row["contact_id"], gdpr_category or ""))
    return RecheckedContact(
        **row,
        consent_id=consent.consent_id if consent else None,
        has_consent=consent.in_force if consent else False,
        is_unreadable=consent.is_unreadable if consent else False,
    )
