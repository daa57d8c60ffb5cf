"""A person looked up on the page: why in, why not, what was sent; each look-up leaves a row."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection

from crm_mailchimp.address import parse_address, written_form
from crm_mailchimp.data_protection.explain import (
    Explanation,
    explain_address,
    explain_contact,
)
from crm_mailchimp.data_protection.known_under import known_under, merged_into
from crm_mailchimp.data_protection.person_keys import person_keys
from crm_mailchimp.rows import read_rows, read_value, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.refusals.suppression import open_suppression

#: Campaigns that are shown, newest first.
MOST_MAILS = 200
#: Earlier look-ups that are shown, newest first.
MOST_LOOKUPS = 20
_LARGEST_ID = 2**63 - 1
#: What the id of a contact begins with in Mailchimp.
_CONTACT_MARK = "c-"


class NobodyAskedForError(ValueError):
    """Neither an address nor a contact id was entered."""


@dataclass(frozen=True, kw_only=True)
class ReceivedMail:
    """A campaign that the person received, and what the person did; proxies count as opens."""

    campaign_id: str
    title: str | None
    sent_at: datetime | None
    delivery_status: str
    opens: int
    clicks: int
    unsubscribed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EarlierLookup:
    """A look-up of the person before this one; ``looked_up_by`` is Airflow's id of the user."""

    looked_up_at: datetime
    looked_up_by: str


@dataclass(frozen=True)
class PersonContent:
    """Everything that the view shows of a person; no address, no name."""

    explanation: Explanation = field(repr=False)
    mails: Sequence[ReceivedMail] = field(repr=False)
    lookups: Sequence[EarlierLookup] = field(repr=False)


@dataclass(frozen=True)
class _Asked:
    """What somebody entered."""

    kind: Literal["address", "contact"]
    address: str = field(default="", repr=False)
    contact_id: int = 0


def look_up(warehouse: Connection[Any], entered: str, *, looked_up_by: str) -> PersonContent:
    """Look a person up. The look-up is recorded and committed before anything is read.

    Args:
        warehouse: a connection that may write ``sync.person_lookup``.
        entered: an e-mail address in any spelling, or the id of a contact. Mailchimp's field
            ``CRMREF`` has the id with ``c-`` before it: that is one, too.
        looked_up_by: Airflow's id of the user.

    Raises:
        NobodyAskedForError: nothing was entered, or a number that no contact has.
        SuppressionLostError: the suppression list is not whole.
    """
    asked = _asked(entered)
    digester = open_suppression(warehouse)
    if asked.kind == "contact":
        digest = digester.contact(asked.contact_id)
    else:
        key = parse_address(asked.address).key or written_form(asked.address)
        digest = digester.address(key)
    lookup_id = read_value(
        warehouse,
        int,
        statement("page/note_lookup"),
        {"looked_up_by": looked_up_by, "kind": asked.kind, "digest": digest},
    )
    warehouse.commit()
    hashes: set[str] = set()
    addresses: Set[str] = frozenset()
    if asked.kind == "contact":
        explanation = explain_contact(warehouse, asked.contact_id)
        contact_ids = merged_into(warehouse, asked.contact_id)
    else:
        explanation = explain_address(warehouse, asked.address)
        known = known_under(warehouse, asked.address)
        hashes |= set(known.subscriber_hashes)
        addresses = known.addresses
        contact_ids = list(known.contact_ids)
    hashes |= set(
        read_values(warehouse, str, statement("page/person_hashes"), {"contact_ids": contact_ids})
    )
    mails = read_rows(
        warehouse,
        ReceivedMail,
        statement("page/person_mails"),
        {"subscriber_hashes": sorted(hashes), "most": MOST_MAILS},
    )
    keys = person_keys(warehouse, contact_ids, addresses, hashes)
    lookups = read_rows(
        warehouse,
        EarlierLookup,
        statement("page/person_lookups"),
        {
            "digests": [*keys.digests, digest],
            "lookup_id": lookup_id,
            "most": MOST_LOOKUPS,
        },
    )
    was_known = bool(explanation.contact_ids or explanation.memberships or mails)
    warehouse.execute(
        statement("page/end_lookup"), {"lookup_id": lookup_id, "was_known": was_known}
    )
    warehouse.commit()
    return PersonContent(explanation, mails, lookups)


def _asked(entered: str) -> _Asked:
    text = entered.strip()
    if text[:2].lower() == _CONTACT_MARK and text[2:].isdigit():
        text = text[2:]
    if text.isascii() and text.isdigit():
        contact_id = int(text) if len(text) <= 19 else 0
        if not 0 < contact_id <= _LARGEST_ID:
            raise NobodyAskedForError("no contact has this number")
        return _Asked("contact", contact_id=contact_id)
    if not text or not written_form(text):
        raise NobodyAskedForError("nothing was entered")
    return _Asked("address", address=text)
