"""The people who may be mailed by the CRM's word. Shares nothing with the product.

Each function is a sentence of the CRM contract. It looks at people, not at rows.
"""

from __future__ import annotations

from datetime import datetime

from histories.people import Cast, Consent, Person

#: Any kind of space that a form or an import may leave around a word.
SPACES = " \t\r\n\u00a0\u2007\u202f\u2003\u200b\ufeff"
CHANNELS = frozenset({"email", "sms", "phone", "post"})
CATEGORIES = frozenset({"offer", "newsletter"})


def word(text: str) -> str:
    """Words are compared trimmed and without regard to case."""
    return text.strip(SPACES).casefold()


def is_unreadable(row: Consent) -> bool:
    """A row that might be a withdrawal by e-mail, though nobody can tell."""
    channel = word(row.channel)
    return channel not in CHANNELS or (channel == "email" and word(row.category) not in CATEGORIES)


def rows_of(cast: Cast, person: Person) -> list[Consent]:
    """A person's own rows, and the withdrawals of everybody merged into them."""
    merged = cast.behind(person) - {person}
    theirs = [row for one in merged if one.is_in_crm for row in one.consents if not row.granted]
    return [*person.consents, *theirs]


def deciding(cast: Cast, person: Person, category: str, clock: datetime) -> Consent | None:
    """The newest row in force; a withdrawal wins a tie."""
    rows = [
        row
        for row in rows_of(cast, person)
        if word(row.channel) == "email"
        and word(row.category) == category
        and row.effective_at <= clock
    ]
    return max(
        rows, key=lambda row: (row.effective_at, not row.granted, row.consent_id), default=None
    )


def has_unreadable(cast: Cast, person: Person) -> bool:
    """Own rows that nobody can read, or rows of a merged contact that might be withdrawals: a
    grant of theirs says nothing, in whatever words."""
    return any(map(is_unreadable, rows_of(cast, person)))


def has_withdrawn(cast: Cast, person: Person, category: str, clock: datetime) -> bool:
    """Whether the newest word of the whole history is a withdrawal."""
    who = cast.survivor(person)
    row = deciding(cast, who if who.is_in_crm else person, category, clock)
    return row is not None and not row.granted


def is_refused(cast: Cast, address: str, category: str, clock: datetime) -> bool:
    """A refusal by anybody that the CRM has under the address beats every consent."""
    return any(
        one.erasure_asked_at is not None
        or (category != "unclassified" and has_withdrawn(cast, one, category, clock))
        for one in cast.holders(address)
    )


def asks_for_consent(category: str) -> bool:
    return category != "unclassified"


def is_unreadable_at(cast: Cast, address: str) -> bool:
    return any(
        has_unreadable(cast, who if (who := cast.survivor(one)).is_in_crm else one)
        for one in cast.holders(address)
    )


def is_eligible(cast: Cast, person: Person, key: str, category: str, clock: datetime) -> bool:
    """Whether the CRM lets a person be mailed for a collection, duplicates not looked at."""
    if not person.is_in_crm or key not in person.member_of or person.address is None:
        return False
    if person.erasure_asked_at is not None or not person.is_active or person.merged_into:
        return False
    if is_refused(cast, person.address, category, clock):
        return False
    if not asks_for_consent(category):
        return True
    row = deciding(cast, person, category, clock)
    return (
        not is_unreadable_at(cast, person.address)
        and row is not None
        and row.granted
        and (row.expires_at is None or row.expires_at > clock)
    )


def eligible(cast: Cast, key: str, category: str, clock: datetime) -> dict[str, Person]:
    """By address: its contact, the lowest id of those who may be mailed."""
    found: dict[str, Person] = {}
    for one in sorted(cast.people, key=lambda one: one.contact_id or 0):
        if one.address and is_eligible(cast, one, key, category, clock):
            found.setdefault(one.address, one)
    return found
