"""What contacts' consents amount to, and who refused: by withdrawal or by a request for erasure.

``sql/crm/judge_consents.sql`` alone decides which consent row counts. Everything that judges people
asks it: the staging, the push's last look and the campaign gate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp import array_literals
from crm_mailchimp.blank_signs import BLANK_SIGNS
from crm_mailchimp.crm.judging_clock import JudgingClock
from crm_mailchimp.rows import read_rows, stream_rows
from crm_mailchimp.statements import statement

_BATCH = 10_000
_CATEGORIES = ["offer", "newsletter"]

#: The words of a consent, and the spaces that may be around them: parameters of each statement that
#: reads consents. Forms and imports leave any kind of space.
CONSENT_WORDS: Mapping[str, Any] = {
    "channels": ["email", "sms", "phone", "post"],
    "categories": _CATEGORIES,
    "spaces": BLANK_SIGNS,
}


class CrmRefusal(NamedTuple):
    """One contact's refusal in the CRM, in force.

    Attributes:
        contact_id: the contact that refused, or one that is the same person by merging. None: a
            request for erasure by a contact whose id cannot be read.
        email: its address, as the CRM writes it.
        gdpr_category: of a withdrawal; None: a request for erasure, or what cannot be read.
        is_unreadable: a consent row might be a withdrawal, and nobody can tell.
        unreadable_detail: that row's id and the column, never its value.
    """

    contact_id: int | None
    email: str | None
    gdpr_category: str | None
    is_unreadable: bool = False
    unreadable_detail: str | None = None

    def holds_for(self, gdpr_category: str | None) -> bool:
        """Whether it counts where this category is asked for; None: the strictest reading."""
        if self.is_unreadable:
            return gdpr_category != "unclassified"
        return gdpr_category is None or self.gdpr_category in (None, gdpr_category)


class Holder(NamedTuple):
    """A contact with its address, as the CRM writes it now.

    Attributes:
        contact_id: None: its id cannot be read. Only contacts that asked for erasure have none.
        email: its address.
        is_erased: it asked for erasure.
    """

    contact_id: int | None
    email: str | None
    is_erased: bool


@dataclass(frozen=True, kw_only=True)
class JudgedConsent:
    """The deciding consent of one contact in one category; see ``judge_consents.sql``."""

    consent_id: int | None
    granted: bool
    is_expired: bool
    is_unreadable: bool
    unreadable_detail: str | None = None

    @property
    def in_force(self) -> bool:
        """Whether it justifies mailing the contact."""
        return self.granted and not self.is_expired and not self.is_unreadable


class _Judgement(NamedTuple):
    contact_id: int
    gdpr_category: str
    consent_id: int | None
    granted: bool
    is_expired: bool
    is_unreadable: bool
    unreadable_detail: str | None


class _Survivor(NamedTuple):
    """A contact, and the one that it was merged into in the end."""

    contact_id: int
    survivor_id: int


class _Merged(NamedTuple):
    """A person, and one of the person's contacts."""

    person_id: int
    contact_id: int
    email: str | None


class _Asking(NamedTuple):
    """A contact that asked to be erased; without an id if its id cannot be read."""

    contact_id: int | None
    email: str | None


class _Doubtful(NamedTuple):
    """A contact that may have withdrawn a consent."""

    contact_id: int


def judge(
    crm: Connection[Any], contact_ids: Sequence[int], *, clock: JudgingClock | None = None
) -> dict[tuple[int, str], JudgedConsent]:
    """The deciding consents of contacts, by contact id and category.

    Args:
        crm: to ``crm_db``.
        contact_ids: the contacts to judge; a few thousand at most.
        clock: judge at this moment; None: at the present one.
    """
    moment = clock or JudgingClock.now(crm)
    rows = read_rows(
        crm,
        _Judgement,
        "select contact_id, gdpr_category, consent_id, coalesce(granted, false) as granted,"
        " coalesce(expires_at <= %(refusals)s::timestamptz, false) as is_expired,"
        f" is_unreadable, unreadable_detail from (\n{statement('crm/judge_consents')}\n) as judged",
        {
            **CONSENT_WORDS,
            "contact_ids": array_literals.integers(contact_ids),
            "grants": moment.grants,
            "refusals": moment.refusals,
            "staging_id": None,
        },
    )
    return {
        (row.contact_id, row.gdpr_category): JudgedConsent(
            consent_id=row.consent_id,
            granted=row.granted,
            is_expired=row.is_expired,
            is_unreadable=row.is_unreadable,
            unreadable_detail=row.unreadable_detail,
        )
        for row in rows
    }


def refusals(crm: Connection[Any], *, clock: JudgingClock) -> Iterator[CrmRefusal]:
    """Every refusal of the whole CRM at ``clock``; merged and inactive contacts count too.

    Args:
        crm: to ``crm_db``, in a transaction.
        clock: the moment.
    """
    for asking in stream_rows(
        crm,
        _Asking,
        statement("crm/requested_erasures"),
        name="requested_erasures",
        batch=_BATCH,
    ):
        yield CrmRefusal(asking.contact_id, asking.email, None)
    doubtful = stream_rows(
        crm,
        _Doubtful,
        statement("crm/possible_withdrawals"),
        CONSENT_WORDS,
        name="possible_withdrawals",
        batch=_BATCH,
    )
    while batch := [one.contact_id for one in islice(doubtful, _BATCH)]:
        people = survivors(crm, batch)
        yield from _withdrawals(crm, people, judge(crm, sorted(people), clock=clock))


def present_refusals(
    crm: Connection[Any],
    holders: Sequence[Holder],
    people: Set[int],
    judged: Mapping[tuple[int, str], JudgedConsent],
) -> list[CrmRefusal]:
    """Refusals in force at a moment, by these contacts.

    Args:
        crm: to ``crm_db``, in autocommit.
        holders: a few thousand contacts at most.
        people: the contacts that these were merged into in the end (``survivors``).
        judged: what ``judge`` says of all of these people, and perhaps of others.
    """
    erasures = [CrmRefusal(one.contact_id, one.email, None) for one in holders if one.is_erased]
    return [*erasures, *_withdrawals(crm, people, judged)]


def holders_of(
    crm: Connection[Any], contact_ids: Sequence[int], local_parts: Sequence[str]
) -> list[Holder]:
    """These contacts, and those that may hold an address with one of these local parts now.

    Args:
        local_parts: of addresses in normal form, the part before the @. More contacts than the
            addresses' own holders are found: compare the normal forms.
    """
    return read_rows(
        crm,
        Holder,
        statement("crm/contact_holders"),
        {"contact_ids": array_literals.integers(contact_ids), "local_parts": list(local_parts)},
    )


def survivors(crm: Connection[Any], contact_ids: Sequence[int]) -> set[int]:
    """The contacts that these were merged into in the end; themselves where they were not."""
    rows = read_rows(
        crm,
        _Survivor,
        statement("crm/surviving_contacts"),
        {"contact_ids": array_literals.integers(contact_ids)},
    )
    return {row.survivor_id for row in rows}


def _withdrawals(
    crm: Connection[Any],
    people: Set[int],
    judged: Mapping[tuple[int, str], JudgedConsent],
) -> Iterator[CrmRefusal]:
    """Withdrawals of people, each under every contact that was merged into the person's."""
    refused: Mapping[int, set[tuple[str | None, bool, str | None]]] = defaultdict(set)
    for (contact_id, category), consent in judged.items():
        if contact_id not in people:
            continue
        if consent.is_unreadable:
            refused[contact_id].add((None, True, consent.unreadable_detail))
        # A withdrawal that can be read counts beside rows that cannot.
        if consent.consent_id is not None and not consent.granted and category in _CATEGORIES:
            refused[contact_id].add((category, False, None))
    if not refused:
        return
    merged = read_rows(
        crm, _Merged, statement("crm/merged_contacts"), {"contact_ids": sorted(refused)}
    )
    for one in merged:
        for refused_category, is_unreadable, detail in sorted(refused[one.person_id], key=str):
            yield CrmRefusal(one.contact_id, one.email, refused_category, is_unreadable, detail)
