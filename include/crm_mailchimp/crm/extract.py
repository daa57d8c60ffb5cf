"""Reading contacts out of the CRM, batch by batch, and a few again right before a push."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection, IsolationLevel

from crm_mailchimp import array_literals
from crm_mailchimp.crm import consents
from crm_mailchimp.crm.field_codes import ADDRESS_CODE, BIRTHDAY_CODE, CODE_RULES
from crm_mailchimp.crm.hidden_rows import places_of_policies, require_full_views
from crm_mailchimp.crm.judging_clock import JudgingClock
from crm_mailchimp.crm.schema import contract_columns
from crm_mailchimp.database_errors import is_row_security
from crm_mailchimp.rows import read_row, read_rows
from crm_mailchimp.statements import statement

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """The run's view of the CRM: its clock, and the name others join it by."""

    clock: datetime
    name: str


@dataclass(frozen=True, kw_only=True)
class ExtractedContact:
    """A contact with what may be sent of it (``sql/crm/extract_contacts.sql``).

    Attributes:
        erasure_requested_at: as Postgres writes it; it may be a time that Python cannot hold.
        unreadable_detail: columns that cannot be read, never their values; None: all can.
        field_values: JSON text of the values by code (``field_codes``).
        content_hash: of names and language.
        fields_hash: of the field values.
    """

    contact_id: int
    email: str | None = field(repr=False)
    first_name: str | None = field(repr=False)
    last_name: str | None = field(repr=False)
    language: str | None
    city: str | None = field(repr=False)
    country: str | None
    is_active: bool
    erasure_requested_at: str | None
    merged_into_id: int | None
    unreadable_detail: str | None
    field_values: str | None = field(repr=False)
    content_hash: str
    fields_hash: str | None


@dataclass(frozen=True, kw_only=True)
class PresentContact:
    """A contact as the CRM has it now, without its consents."""

    contact_id: int
    email: str | None = field(repr=False)
    is_active: bool
    is_erased: bool
    merged_ids: Sequence[int]
    is_member: bool


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

    Logs a warning for each source of the contract where nobody can see whether rows are hidden.

    Args:
        connection: to ``crm_db``, outside a transaction.

    Raises:
        HiddenRowsError: a materialized view or a function does not have all rows.
    """
    connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    connection.set_read_only(True)
    with connection.transaction():
        found = read_row(
            connection,
            Snapshot,
            "select transaction_timestamp() as clock, pg_export_snapshot() as name",
        )
        if found is None:
            raise RuntimeError("crm_db answered no clock")
        sources = require_full_views(connection, list(contract_columns()))
        for source in sources:
            if source.is_doubtful:
                log.warning("connection crm_db: %s", source)
        try:
            yield found
        except psycopg.Error as error:
            if is_row_security(error):
                for place in places_of_policies(sources):
                    error.add_note(place)
            raise


def contacts(
    connection: Connection[Any], contact_ids: Sequence[int], *, with_fields: bool
) -> Iterator[ExtractedContact]:
    """Contacts of one batch."""
    yield from read_rows(
        connection,
        ExtractedContact,
        statement("crm/extract_contacts"),
        {
            "contact_ids": list(contact_ids),
            "with_fields": with_fields,
            "address_code": ADDRESS_CODE,
            "birthday_code": BIRTHDAY_CODE,
            **CODE_RULES,
        },
    )


def recheck(
    connection: Connection[Any],
    contact_ids: Sequence[int],
    gdpr_category: str | None,
    *,
    collection_id: int | None = None,
    clock: JudgingClock | None = None,
) -> dict[int, RecheckedContact]:
    """The present state of contacts about to be pushed; who is missing is gone from the CRM.

    Args:
        collection_id: a static collection; without one everybody counts as its member.
        clock: consents are judged at this moment; None: at the present one.
    """
    present = present_contacts(connection, contact_ids, collection_id=collection_id)
    asks = _asks_for_consent(gdpr_category)
    judged = consents.judge(connection, contact_ids, clock=clock) if asks else {}
    return with_consents(present, judged, gdpr_category)


def present_contacts(
    connection: Connection[Any], contact_ids: Sequence[int], *, collection_id: int | None
) -> dict[int, PresentContact]:
    """Contacts as the CRM has them now; arguments as for ``recheck``."""
    rows = read_rows(
        connection,
        PresentContact,
        statement("crm/recheck_contacts"),
        {"contact_ids": array_literals.integers(contact_ids), "collection_id": collection_id},
    )
    return {one.contact_id: one for one in rows}


def with_consents(
    present: Mapping[int, PresentContact],
    judged: Mapping[tuple[int, str], consents.JudgedConsent],
    gdpr_category: str | None,
) -> dict[int, RecheckedContact]:
    """Contacts with their consents in one category.

    Args:
        judged: what ``consents.judge`` says of all of them.
        gdpr_category: None: nobody counts as consenting. ``unclassified`` asks for no consent.
    """
    asks = _asks_for_consent(gdpr_category)
    return {
        contact_id: _rechecked(one, judged.get((contact_id, gdpr_category or "")) if asks else None)
        for contact_id, one in present.items()
    }


def _asks_for_consent(gdpr_category: str | None) -> bool:
    return gdpr_category is not None and gdpr_category != "unclassified"


def _rechecked(present: PresentContact, consent: consents.JudgedConsent | None) -> RecheckedContact:
    return RecheckedContact(
        contact_id=present.contact_id,
        email=present.email,
        is_active=present.is_active,
        is_erased=present.is_erased,
        merged_ids=present.merged_ids,
        is_member=present.is_member,
        consent_id=consent.consent_id if consent else None,
        has_consent=consent.in_force if consent else False,
        is_unreadable=consent.is_unreadable if consent else False,
    )
