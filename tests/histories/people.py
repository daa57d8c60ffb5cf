"""The people of histories and what the CRM says of them.

A person owns contact ids and addresses over time. Stories are small casts of people; no contact
and no address is in two stories, so that hundreds of stories share one CRM without touching.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg


@dataclass
class Consent:
    """A consent row, with the very words that the CRM writes."""

    granted: bool
    category: str
    effective_at: datetime
    channel: str = "email"
    expires_at: datetime | None = None
    consent_id: int = 0


@dataclass(eq=False)
class Person:
    """Somebody, as the CRM has them now (``contact_id`` None: not at all) and had them before.

    Attributes:
        merged_into: the person that the CRM merged this contact into; stays when its row vanishes.
        ids: every contact id so far.
        addresses: every address so far, in normal form.
        first_name: as the CRM writes it.
        moved_in: stage after which id, address or merging changed last.
        is_unseen: no collection held the present contact id at any sync.
        known_from: position in ``ids`` of the first that the ledger can know since its last loss.
    """

    name: str
    email: str | None
    contact_id: int | None = None
    first_name: str = "Ελένη"
    is_active: bool = True
    erasure_asked_at: datetime | None = None
    merged_into: Person | None = None
    member_of: set[str] = field(default_factory=set)
    consents: list[Consent] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    moved_in: int = -1
    is_unseen: bool = True
    known_from: int = 0

    def __repr__(self) -> str:
        return self.name

    @property
    def address(self) -> str | None:
        """The present address in normal form: these histories use plain ones only."""
        return self.email.strip().lower() if self.email else None

    @property
    def is_in_crm(self) -> bool:
        return self.contact_id is not None


class Cast:
    """The people of one story, and who is who among them."""

    def __init__(self, number: int, people: Iterable[Person]) -> None:
        self.number = number
        self.people = list(people)
        self._ids = itertools.count(number * 1000 + 1)
        self._consent_ids = itertools.count(number * 10_000 + 1)
        self._addresses = itertools.count(1)

    def new_id(self, person: Person) -> int:
        person.contact_id = next(self._ids)
        person.ids.append(person.contact_id)
        if person.is_unseen:
            # No sync has seen the earlier id, at least not since the ledger was lost.
            person.known_from = len(person.ids) - 1
        person.is_unseen = True
        return person.contact_id

    def new_address(self, person: Person) -> str:
        return f"{person.name}{next(self._addresses)}@s{self.number}.gr"

    def set_email(self, person: Person, email: str | None) -> None:
        person.email = email
        if person.address and person.address not in person.addresses:
            person.addresses.append(person.address)

    def add_consent(self, person: Person, consent: Consent) -> None:
        consent.consent_id = next(self._consent_ids)
        person.consents.append(consent)

    def renumber(self, person: Person) -> None:
        """A new contact id with everything that hangs on it."""
        self.new_id(person)
        for consent in person.consents:
            consent.consent_id = next(self._consent_ids)

    def by_contact(self, contact_id: int) -> Person | None:
        return next((one for one in self.people if contact_id in one.ids), None)

    def holders(self, address: str) -> list[Person]:
        """Everybody that the CRM has under this address now."""
        return [one for one in self.people if one.is_in_crm and one.address == address]

    def behind(self, person: Person) -> set[Person]:
        """A person with everybody who was merged into them, directly or through others."""
        found = {person}
        while True:
            more = {one for one in self.people if one.merged_into in found} - found
            if not more:
                return found
            found |= more

    def survivor(self, person: Person) -> Person:
        """The person at the end of the merges; the same one if never merged."""
        seen = {person}
        while person.merged_into is not None and person.merged_into not in seen:
            person = person.merged_into
            seen.add(person)
        return person


CONTACT = ("contact_id", "email", "first_name", "last_name", "language", "is_active",
           "erasure_requested_at", "merged_into_id")  # fmt: skip
CONSENT = ("consent_id", "contact_id", "channel", "gdpr_category", "granted", "effective_at",
           "expires_at")  # fmt: skip


def write(
    crm: psycopg.Connection[Any], casts: Iterable[Cast], collection_ids: dict[str, int]
) -> None:
    """Put these stories' people into the CRM as they are now, in place of what was there.

    Args:
        collection_ids: by the key that ``Person.member_of`` names.
    """
    casts = list(casts)
    ids = [one for cast in casts for person in cast.people for one in person.ids]
    if not ids:
        return
    with crm.transaction(), crm.cursor() as cursor:
        for table in ("contact", "consent", "collection_member"):
            cursor.execute(f"delete from crm.{table} where contact_id = any(%s)", (ids,))
        _copy(cursor, "contact", CONTACT, _contacts(casts))
        _copy(cursor, "consent", CONSENT, _consents(casts))
        _copy(
            cursor, "collection_member", ("collection_id", "contact_id"),
            (
                (collection_ids[key], person.contact_id)
                for person in _present(casts)
                for key in sorted(person.member_of & set(collection_ids))
            ),
        )  # fmt: skip


def _copy(
    cursor: psycopg.Cursor[Any], table: str, columns: tuple[str, ...], rows: Iterator[Any]
) -> None:
    with cursor.copy(f"copy crm.{table} ({', '.join(columns)}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _present(casts: Iterable[Cast]) -> Iterator[Person]:
    return (one for cast in casts for one in cast.people if one.is_in_crm)


def _contacts(casts: Iterable[Cast]) -> Iterator[tuple[Any, ...]]:
    for one in _present(casts):
        into = one.merged_into
        # A contact merged into one that is gone keeps that one's last id.
        target = None if into is None else into.ids[-1]
        yield (
            one.contact_id, one.email, one.first_name, "Παππά", "el", one.is_active,
            one.erasure_asked_at, target,
        )  # fmt: skip


def _consents(casts: Iterable[Cast]) -> Iterator[tuple[Any, ...]]:
    for one in _present(casts):
        for row in one.consents:
            yield (
                row.consent_id, one.contact_id, row.channel, row.category, row.granted,
                row.effective_at, row.expires_at,
            )  # fmt: skip
