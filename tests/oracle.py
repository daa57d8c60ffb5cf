"""An independent oracle: who may be mailed, judged in plain Python over all rows.

It shares nothing with the product: no import, no SQL, no order of work. Each function is a sentence
of the rules. It looks at every row every time: slow, and simple enough to check by reading.
``random_world`` makes small CRMs in which everything collides.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import psycopg
from psycopg import sql

RESERVED_TOP_LEVELS = {
    *("test", "example", "invalid", "localhost"),  # RFC 2606, RFC 6761
    *("local", "onion", "alt", "internal"),  # RFC 6762, RFC 7686, RFC 9476, ICANN 2024
}
_ATOM = set("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~")  # RFC 5322, 3.2.3
_LETTERS = set("abcdefghijklmnopqrstuvwxyz")
_HOST = _LETTERS | set("0123456789-")
_DOTS = str.maketrans("。．｡", "...")  # UTS 46: these separate labels, too


@dataclass(frozen=True)
class Contact:
    contact_id: int
    email: str | None
    is_active: bool = True
    erasure_requested_at: datetime | None = None
    merged_into_id: int | None = None
    city: str | None = None
    first_name: str | None = "Ζωή"
    last_name: str | None = "Παπαδοπούλου"
    language: str | None = "el"


@dataclass(frozen=True)
class Consent:
    consent_id: int
    contact_id: int
    granted: bool
    effective_at: datetime
    expires_at: datetime | None = None
    gdpr_category: str = "newsletter"
    channel: str = "email"


@dataclass(frozen=True)
class Collection:
    """``category`` None: no campaign type. ``city`` set: dynamic, "contacts of that city"."""

    collection_id: int
    code: str
    category: str | None
    member_ids: tuple[int, ...] = ()
    city: str | None = None
    is_active: bool = True
    has_provider: bool = True


@dataclass(frozen=True)
class Crm:
    contacts: list[Contact] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    collections: list[Collection] = field(default_factory=list)

    def __add__(self, other: Crm) -> Crm:
        return Crm(
            self.contacts + other.contacts,
            self.consents + other.consents,
            self.collections + other.collections,
        )


@dataclass(frozen=True)
class Verdict:
    """``reason`` None: eligible, and represents ``address_key``. ``winner``: of a duplicate."""

    collection_code: str
    contact_id: int
    reason: str | None
    address_key: str | None
    winner: int | None = None


@cache
def address_key(email: str | None) -> str | None:
    """Trimmed, NFC, lower case, international domain in ASCII; None: missing or invalid."""
    text = unicodedata.normalize("NFC", (email or "").strip())
    if text.count("@") != 1:
        return None
    local, domain = text.split("@")
    local = local.lower()
    if (
        not local
        or len(local) > 64
        or not all(atom and set(atom) <= _ATOM for atom in local.split("."))
    ):
        return None
    labels = [_ascii_label(label) for label in domain.translate(_DOTS).split(".")]
    if len(labels) < 2 or not all(_is_host(label) for label in labels):
        return None
    top = labels[-1]
    if top in RESERVED_TOP_LEVELS or not (set(top) <= _LETTERS or top.startswith("xn--")):
        return None
    if len(top) < 2:
        return None
    key = f"{local}@{'.'.join(labels)}"
    return key if len(key) <= 254 else None


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label.lower()
    # UTS 46, non-transitional, for the letters used here: each letter by itself to lower case (a
    # capital sigma never becomes a final one), compatibility forms to plain ones.
    plain = unicodedata.normalize("NFKC", label)
    plain = unicodedata.normalize("NFKC", "".join(letter.lower() for letter in plain))
    if not all(unicodedata.category(letter)[0] in "LMN" or letter == "-" for letter in plain):
        return ""
    return plain if plain.isascii() else "xn--" + plain.encode("punycode").decode("ascii")


def _is_host(label: str) -> bool:
    inside = 0 < len(label) <= 63 and set(label) <= _HOST
    return inside and not label.startswith("-") and not label.endswith("-")


def is_missing(email: str | None) -> bool:
    return email is None or not email.strip()


def merged_into(crm: Crm, contact_id: int) -> set[int]:
    """The contact, and every contact that was merged into it, directly or through others."""
    found = {contact_id}
    while True:
        more = {
            one.contact_id
            for one in crm.contacts
            if one.merged_into_id in found and one.contact_id not in found
        }
        if not more:
            return found
        found |= more


def survivor(crm: Crm, contact_id: int) -> int:
    """The last contact that this one was merged into; itself in a circle."""
    by_id = {one.contact_id: one for one in crm.contacts}
    reached, passed = contact_id, set()
    while reached not in passed:
        passed.add(reached)
        following = by_id[reached].merged_into_id if reached in by_id else None
        if following is None or following not in by_id:
            return reached
        reached = following
    return contact_id


def deciding(crm: Crm, contact_id: int, category: str, clock: datetime) -> Consent | None:
    """The newest effective_at not in the future; at equal times a withdrawal, then the newest.

    The contact's own rows, and the withdrawals of every contact merged into it.
    """
    best: Consent | None = None
    same_person = merged_into(crm, contact_id)
    for row in crm.consents:
        if (row.channel, row.gdpr_category) != ("email", category):
            continue
        if row.contact_id not in same_person or (row.granted and row.contact_id != contact_id):
            continue
        if row.effective_at > clock:
            continue
        if best is None or _beats(row, best):
            best = row
    return best


def _beats(one: Consent, other: Consent) -> bool:
    if one.effective_at != other.effective_at:
        return one.effective_at > other.effective_at
    if one.granted != other.granted:
        return not one.granted
    return one.consent_id > other.consent_id


def consent_reason(crm: Crm, contact_id: int, category: str, clock: datetime) -> str | None:
    """Why there is no consent in force; None: there is."""
    row = deciding(crm, contact_id, category, clock)
    if row is None:
        ahead = [
            row
            for row in crm.consents
            if row.contact_id == contact_id
            and row.channel == "email"
            and row.gdpr_category == category
            and row.granted
        ]
        return "consent_not_yet_effective" if ahead else "no_consent"
    if not row.granted:
        return "consent_withdrawn"
    if row.expires_at is not None and row.expires_at <= clock:
        return "consent_expired"
    return None


def has_withdrawn(crm: Crm, contact_id: int, category: str, clock: datetime) -> bool:
    """Whether the person has: a merged contact is the same person as the one that survived it."""
    key = (id(crm), category, clock)
    if key not in _WITHDRAWN or _WITHDRAWN[key][0] is not crm:
        _WITHDRAWN[key] = (crm, _withdrawn(crm, category, clock))
    return contact_id in _WITHDRAWN[key][1]


#: Per world, category and clock: everybody who has withdrawn, so that 10,000 worlds take seconds.
_WITHDRAWN: dict[tuple[int, str, datetime], tuple[Crm, set[int]]] = {}


def _withdrawn(crm: Crm, category: str, clock: datetime) -> set[int]:
    known = {one.contact_id for one in crm.contacts}
    people = {
        survivor(crm, row.contact_id)
        for row in crm.consents
        if not row.granted and row.contact_id in known
    }
    found: set[int] = set()
    for person in people:
        row = deciding(crm, person, category, clock)
        if row is not None and not row.granted:
            found |= merged_into(crm, person)
    return found


def holders(crm: Crm, key: str) -> list[Contact]:
    """Everybody in the whole CRM with the address, in a collection or not, active or not."""
    return [contact for contact in crm.contacts if address_key(contact.email) == key]


def own_reason(crm: Crm, contact: Contact, category: str, clock: datetime) -> str | None:
    """The first reason that lies in the contact itself."""
    if contact.erasure_requested_at is not None:
        return "erased_contact"
    if not contact.is_active or contact.merged_into_id is not None:
        return "inactive_contact"
    if is_missing(contact.email):
        return "missing_email"
    if address_key(contact.email) is None:
        return "invalid_email"
    if category == "unclassified":
        return None
    return consent_reason(crm, contact.contact_id, category, clock)


def address_refused(crm: Crm, key: str, category: str, clock: datetime) -> bool:
    """A refusal anywhere beats a consent anywhere; unclassified looks at erasure alone."""
    for holder in holders(crm, key):
        if holder.erasure_requested_at is not None:
            return True
        if category != "unclassified" and has_withdrawn(crm, holder.contact_id, category, clock):
            return True
    return False


def members(crm: Crm, collection: Collection) -> list[Contact]:
    """Distinct contacts of a collection that exist, by id."""
    if collection.city is not None:
        chosen = [contact for contact in crm.contacts if contact.city == collection.city]
    else:
        chosen = [one for one in crm.contacts if one.contact_id in collection.member_ids]
    return sorted(chosen, key=lambda contact: contact.contact_id)


def verdicts(crm: Crm, clock: datetime) -> dict[str, list[Verdict]]:
    """By collection code. A collection that is inactive or goes nowhere is left out; one without
    a campaign type has no verdicts, because nothing of it may be pushed."""
    return {
        collection.code: _verdicts_of(crm, collection, clock)
        for collection in crm.collections
        if collection.is_active and collection.has_provider
    }


def _verdicts_of(crm: Crm, collection: Collection, clock: datetime) -> list[Verdict]:
    if collection.category is None:
        return []
    result: list[Verdict] = []
    winners: dict[str, int] = {}
    for contact in members(crm, collection):  # lowest id first
        reason = own_reason(crm, contact, collection.category, clock)
        key = address_key(contact.email)
        winner = None
        if reason is None and key is not None:
            if address_refused(crm, key, collection.category, clock):
                reason = "shared_address_refused"
            elif key in winners:
                reason, winner = "duplicate_email", winners[key]
            else:
                winners[key] = contact.contact_id
        result.append(Verdict(collection.code, contact.contact_id, reason, key, winner))
    return result


def removal(
    crm: Crm, collection: Collection, contact_id: int, key: str, clock: datetime
) -> str | None:
    """What becomes of a member that we added at ``key`` for ``contact_id``.

    None: it stays (the contact, or another one, still represents the address); 'archive' or
    'unsubscribe' otherwise. Erasure beats refusal, refusal beats leaving.
    """
    category = collection.category
    people = [one for one in crm.contacts if one.contact_id == contact_id] + holders(crm, key)
    if any(person.erasure_requested_at is not None for person in people):
        return "archive"
    if category not in (None, "unclassified") and any(
        has_withdrawn(crm, person.contact_id, category, clock) for person in people
    ):
        return "unsubscribe"
    stays = any(
        verdict.address_key == key and verdict.reason is None
        for verdict in _verdicts_of(crm, collection, clock)
    )
    return None if stays else "archive"


# --- the plan -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """A member as the ledger knows it. ``audience`` is a collection's code; ``is_current``: what
    was pushed last is what would be pushed now."""

    audience: str
    address_key: str
    contact_id: int | None
    status: str
    cause: str | None
    origin: str
    opted_out: bool = False
    is_current: bool = True


Planned = dict[str, tuple[str, str | None]]


@dataclass(frozen=True)
class Refused:
    """A refusal that the ledger shows: of which address, where, and whose."""

    kind: str
    audience: str
    address_key: str
    contact_ids: frozenset[int]

    @property
    def asks(self) -> bool:
        """Whether it only waits for the person to confirm."""
        return self.kind in ("withdrawal", "unconfirmed")


_KINDS = {
    "own_unsubscribe": "unsubscribed", "complaint": "complaint", "compliance": "compliance",
    "forgotten": "forgotten", "hand_archive": "archived", "our_unsubscribe": "withdrawal",
    "unconfirmed": "unconfirmed",
}  # fmt: skip
_REASONS = {
    "complaint": "suppressed_complaint", "unsubscribed": "suppressed_unsubscribed",
    "compliance": "suppressed_compliance", "forgotten": "suppressed_forgotten",
    "archived": "suppressed_archived",
}  # fmt: skip


def refused(crm: Crm, ledger: Iterable[Known]) -> list[Refused]:
    """Every refusal, with the contacts it belongs to: the member's own, those that hold the
    address, and those into which one of them was merged. A contact that left an address and gets
    mail at another one has refused nothing when the old one is cleared away by hand."""
    ledger = list(ledger)
    staged = {who for one in crm.collections for who in one.member_ids}
    result = []
    for known in ledger:
        kinds = {_KINDS[known.cause]} if known.cause in _KINDS else set()
        if known.opted_out and known.cause != "compliance":
            kinds.add("unsubscribed")
        about_address_alone = known.cause == "cleaned" and known.status == "unsubscribed"
        present = {one.contact_id for one in holders(crm, known.address_key)} & staged
        own = set(present)
        own |= {known.contact_id} if known.contact_id is not None else set()
        everybody = own | {
            one.contact_id for one in crm.contacts if merged_into(crm, one.contact_id) & own
        }
        for kind in kinds:
            is_cleared_away = (
                kind in ("archived", "forgotten")
                and known.contact_id not in present
                and _is_mailed_elsewhere(known, ledger)
            )
            whose = frozenset() if is_cleared_away else frozenset(everybody)
            result.append(Refused(kind, known.audience, known.address_key, whose))
        if about_address_alone:
            result.append(Refused("withdrawal", known.audience, known.address_key, frozenset()))
    return result


def _is_mailed_elsewhere(known: Known, ledger: Iterable[Known]) -> bool:
    return known.contact_id is not None and any(
        (other.audience, other.contact_id) == (known.audience, known.contact_id)
        and other.address_key != known.address_key
        and (other.status, other.origin != "foreign") == ("subscribed", True)
        and other.cause != "forgotten"
        for other in ledger
    )


def planned(
    crm: Crm,
    collection: Collection,
    clock: datetime,
    rows: list[Verdict],
    ledger: Iterable[Known],
    rejected: Iterable[str] = (),
) -> Planned:
    """Address → what is to be done and why, for everybody in the collection or its audience.

    Args:
        rows: the collection's verdicts.
        ledger: members of all audiences.
        rejected: addresses that were refused for good, with what would be pushed now.
    """
    ledger = list(ledger)
    own = {one.address_key: one for one in ledger if one.audience == collection.code}
    bounced = {
        one.address_key for one in ledger if one.status == "cleaned" and one.cause != "forgotten"
    }
    holding = [
        one
        for one in refused(crm, ledger)
        if one.audience == collection.code or one.kind == "complaint"
    ]
    eligible = {row.address_key: row.contact_id for row in rows if row.reason is None}
    result: Planned = {}
    for key, contact_id in eligible.items():
        assert key is not None
        person = merged_into(crm, contact_id)
        result[key] = _wanted(
            crm, own.get(key), key, person, holding, is_bounced=key in bounced,
            is_rejected=key in rejected,
        )  # fmt: skip
    for key, member in own.items():
        if key not in eligible and member.origin != "foreign" and _is_mailed(member):
            why = _refusal(crm, collection.category, member, clock)
            person = set() if member.contact_id is None else {member.contact_id}
            found = _held_back(key, person, holding, is_bounced=key in bounced)
            result[key] = _unwanted(member, why, found, rows)
    return result


def _is_mailed(member: Known) -> bool:
    """A status that nobody knows counts as one that gets mail."""
    without_mail = ("unsubscribed", "cleaned", "archived", "transactional")
    return member.status not in without_mail and member.cause != "forgotten"


def _wanted(
    crm: Crm,
    member: Known | None,
    key: str,
    person: set[int],
    holding: list[Refused],
    *,
    is_bounced: bool,
    is_rejected: bool,
) -> tuple[str, str | None]:
    why = _held_back(key, person, holding, is_bounced=is_bounced, status=member and member.status)
    asks = any(one.asks and (one.address_key == key or one.contact_ids & person) for one in holding)
    others = {one.contact_id for one in holders(crm, key)} - person
    staged = {who for one in crm.collections for who in one.member_ids}
    if why is None and any(
        one.contact_ids & others & staged and not one.asks and not _only_hides_ours(one, holding)
        for one in holding
    ):
        why = "shared_address_refused"
    status = member.status if member else None
    if why is None and status == "unsubscribed":
        by_us = member is not None and member.cause in ("our_unsubscribe", "cleaned")
        why = None if by_us else "suppressed_unsubscribed"
    if why is None and status == "unheard-of":
        return "quarantine", "suppressed_compliance"
    if why is not None:
        if member is not None and member.origin != "foreign" and _is_mailed(member):
            return "unsubscribe", why
        return "quarantine", why
    if status == "pending":
        return "quarantine", "suppressed_pending"
    if is_rejected:
        return "quarantine", "rejected_by_mailchimp"
    if member is None:
        return ("add_pending" if asks else "add"), None
    if status == "subscribed":
        if asks:
            return ("quarantine", "suppressed_pending") if member.origin == "foreign" else (
                "reconfirm", None,
            )  # fmt: skip
        if member.origin == "foreign":
            return "adopt", None
        return ("unchanged" if member.is_current else "update"), None
    if status == "unsubscribed" and member.origin != "foreign":
        return "reconfirm", None
    if member.cause == "our_archive" and member.origin == "created":
        return ("add_pending" if asks else "revive"), None
    return "quarantine", "suppressed_pending" if asks else "suppressed_archived"


def _only_hides_ours(one: Refused, holding: list[Refused]) -> bool:
    """We had unsubscribed the member before somebody archived or deleted it by hand."""
    return one.kind in ("archived", "forgotten") and any(
        other.asks and (other.audience, other.address_key) == (one.audience, one.address_key)
        for other in holding
    )


def _held_back(
    key: str,
    person: set[int],
    holding: list[Refused],
    *,
    is_bounced: bool,
    status: str | None = None,
) -> str | None:
    """The address's own refusals first, then what else is known of it, then the person's."""
    here = {one.kind for one in holding if one.address_key == key}
    theirs = {
        one.kind
        for one in holding
        if one.contact_ids & person and not _only_hides_ours(one, holding)
    } | (here - {"forgotten", "archived"})
    for kind in ("forgotten", "complaint", "unsubscribed"):
        if kind in here:
            return _REASONS[kind]
    if is_bounced or status == "cleaned":
        return "suppressed_cleaned"
    for kind in ("compliance", "archived"):
        if kind in here:
            return _REASONS[kind]
    if status == "transactional":
        return "suppressed_unsubscribed"
    for kind in ("complaint", "unsubscribed", "compliance", "forgotten", "archived"):
        if kind in theirs:
            return _REASONS[kind]
    return None


def _refusal(crm: Crm, category: str | None, member: Known, clock: datetime) -> str | None:
    """Who refused: erasure beats withdrawal, the member's own contact beats other holders."""
    own = [one for one in crm.contacts if one.contact_id == member.contact_id]
    others = holders(crm, member.address_key)
    if any(one.erasure_requested_at is not None for one in own + others):
        return "erased_contact"
    if category == "unclassified":
        return None
    for people, why in ((own, "consent_withdrawn"), (others, "shared_address_refused")):
        if any(has_withdrawn(crm, one.contact_id, category or "", clock) for one in people):
            return why
    return None


def _unwanted(
    member: Known, refusal: str | None, found: str | None, rows: list[Verdict]
) -> tuple[str, str | None]:
    if refusal == "erased_contact":
        can_be_archived = member.origin == "created" and member.status == "subscribed"
        return ("archive" if can_be_archived else "unsubscribe"), refusal
    if refusal is not None:
        return "unsubscribe", refusal
    if found is not None:
        return "unsubscribe", found
    verdict = next((row for row in rows if row.contact_id == member.contact_id), None)
    if verdict is None:
        why: str | None = "left_collection"
    elif verdict.address_key not in (None, member.address_key):
        why = "changed_address"
    else:
        why = verdict.reason
    if member.origin == "adopted":
        return "unchanged", why
    return ("archive" if member.status == "subscribed" else "unsubscribe"), why


#: Every status with the causes that the ledger can hold beside it, and who can have made it.
STATES: tuple[tuple[str, str | None], ...] = (
    *(("subscribed", cause) for cause in (None, None, None, "forgotten")),
    *(("pending", cause) for cause in ("unconfirmed", "unconfirmed", "forgotten")),
    *(
        ("unsubscribed", cause)
        for cause in (
            *("our_unsubscribe", "our_unsubscribe", "own_unsubscribe", "complaint"),
            *("compliance", "cleaned", "forgotten"),
        )
    ),
    *(("cleaned", cause) for cause in ("cleaned", "forgotten")),
    *(
        ("archived", cause)
        for cause in ("our_archive", "our_archive", "hand_archive", "compliance")
    ),
    ("transactional", None),
    ("unheard-of", None),
)


def random_ledger(seed: int, crm: Crm, *, number: int) -> tuple[list[Known], set[tuple[str, str]]]:
    """Members of a world's audiences, and (audience, address) of those refused for good."""
    draw = random.Random(f"ledger/{seed}/{number}")
    keys = {key for one in crm.contacts if (key := address_key(one.email)) is not None}
    keys |= {f"former{n}@w{number}.example.com" for n in range(2)}
    ids = [contact.contact_id for contact in crm.contacts]
    ledger = []
    rejected = set()
    for collection in crm.collections:
        for key in sorted(keys):
            if draw.random() < 0.15:
                rejected.add((collection.code, key))
            if draw.random() < 0.4:
                continue
            holding = [one.contact_id for one in crm.contacts if address_key(one.email) == key]
            status, cause = draw.choice(STATES)
            origin = draw.choice(["created", "created", "adopted", "foreign"])
            ledger.append(
                Known(
                    collection.code,
                    key,
                    draw.choice(holding if holding and draw.random() < 0.7 else ids),
                    status,
                    cause,
                    origin,
                    opted_out=status != "subscribed" and draw.random() < 0.15,
                    is_current=draw.random() < 0.6,
                )
            )
    return ledger, rejected


# --- random CRMs --------------------------------------------------------------------------------

#: Spellings of a few addresses, {w} being the world: what is in one row is one address.
_SPELLINGS = (
    (
        "maria@{w}.example.com",
        "MARIA@{w}.Example.COM",
        "  maria@{w}.example.com ",
        "Maria@{w}.example.com\n",
    ),
    ("nikos@{w}.παράδειγμα.com", "nikos@{w}.xn--hxajbheg2az3al.com", "Nikos@{w}.ΠΑΡΆΔΕΙΓΜΑ.com"),
    ("zoe+1@{w}.example.org", "\u00a0ZOE+1@{w}.example.org"),
    ("o'neill@{w}.example.net", "O'Neill@{w}.EXAMPLE.net"),
    ("kostas@{w}.xn--qxam", "kostas@{w}.ελ", "KOSTAS@{w}.ΕΛ"),
)
_BROKEN = (
    *(None, "", "   ", "\u2003"),
    *(
        "ζωή@{w}.example.com",
        "nobody",
        "a@b@{w}.example.com",
        "a..b@{w}.example.com",
        "@{w}.example.com",
    ),
    *(
        "a@{w}",
        "a@{w}.test",
        "a@{w}.123",
        "a@{w}..com",
        "a@-{w}.com",
        "a b@{w}.example.com",
        "a@{w}.com.",
    ),
    "a@{w}.example.com; b@{w}.example.com",
)
_STEPS = (
    *(timedelta(0), timedelta(microseconds=1), timedelta(seconds=1), timedelta(minutes=59)),
    *(timedelta(hours=3), timedelta(days=1), timedelta(days=400)),
)


def random_world(seed: int, clock: datetime, *, number: int = 0) -> Crm:
    """A small CRM with many collisions, the same for the same arguments.

    Args:
        seed: of everything drawn.
        clock: consents lie on it, and a microsecond, second, ... before and after it.
        number: keeps worlds apart that lie in one database: ids are ``number * 1000`` and more,
            addresses and codes carry the number, so that their verdicts do not touch.
    """
    draw = random.Random(f"{seed}/{number}")
    base = number * 1000
    contacts = [_random_contact(draw, base, index, clock) for index in range(draw.randint(1, 14))]
    ids = [contact.contact_id for contact in contacts]
    consents = [
        Consent(
            consent_id=base + position,
            contact_id=draw.choice([*ids, base + 900]),
            granted=draw.random() < 0.7,
            effective_at=_moment(draw, clock, past=0.85),
            expires_at=_moment(draw, clock, past=0.4) if draw.random() < 0.4 else None,
            gdpr_category=draw.choice(["newsletter", "newsletter", "offer"]),
            channel=draw.choice(["email"] * 9 + ["sms", "phone", "post"]),
        )
        for position in draw.sample(range(900), draw.randint(0, len(ids) * 8))
    ]
    collections = [
        Collection(
            collection_id=base + index,
            code=f"W{number}-{index}",
            category=draw.choice(["newsletter", "newsletter", "offer", "unclassified", None]),
            member_ids=tuple(one for one in [*ids, base + 901] if draw.random() < 0.75),
            city=f"Αθήνα {number}" if draw.random() < 0.05 else None,
            is_active=draw.random() < 0.95,
            has_provider=draw.random() < 0.95,
        )
        for index in range(draw.randint(1, 4))
    ]
    return Crm(contacts, consents, collections)


def _random_contact(draw: random.Random, base: int, index: int, clock: datetime) -> Contact:
    spelled = draw.choice(draw.choice(_SPELLINGS[: draw.randint(1, len(_SPELLINGS))]))
    email = draw.choice(_BROKEN) if draw.random() < 0.15 else spelled
    if email is not None:
        email = email.replace("{w}", f"w{base // 1000}")
        email = unicodedata.normalize(draw.choice(["NFC", "NFD"]), email)
    return Contact(
        contact_id=base + index,
        email=email,
        is_active=draw.random() < 0.93,
        erasure_requested_at=_moment(draw, clock, past=1) if draw.random() < 0.05 else None,
        merged_into_id=base + draw.randint(0, 13) if draw.random() < 0.05 else None,
        city=f"Αθήνα {base // 1000}" if draw.random() < 0.6 else "Πάτρα",
        first_name=draw.choice(["Ζωή", "Νίκος", "Maria", None, "Α" * 300]),
        language=draw.choice(["el", "en", None]),
    )


def _moment(draw: random.Random, clock: datetime, past: float) -> datetime:
    step = draw.choice(_STEPS)
    return clock - step if draw.random() < past else clock + step


def worlds(seed: int, clock: datetime, numbers: Iterable[int]) -> list[Crm]:
    """Several worlds for one database; together they are ``sum(them, Crm())``."""
    return [random_world(seed, clock, number=number) for number in numbers]


# --- loading ------------------------------------------------------------------------------------


def load(connection: psycopg.Connection[Any], crm: Crm) -> None:
    """Put a CRM in place of what the contract's tables hold (not committed)."""
    connection.execute(
        "truncate crm.contact, crm.consent, crm.contact_collection, crm.collection_member, "
        "crm.campaign_type, crm.external_provider, crm.resource, crm.contact_field, "
        "crm.contact_field_value, crm.campaign, crm.provider_member_status, crm.provider_campaign"
    )
    connection.execute("insert into crm.resource (resource_id, name) values (1, 'Μάρκετινγκ')")
    connection.execute(
        "insert into crm.external_provider (code, connection_id, company, address1, city, zip, "
        "country, from_name, from_email, subject, language, permission_reminder) values "
        "('mailchimp', 'mailchimp_default', 'Παράδειγμα', 'Ερμού 1', 'Αθήνα', '10552', 'GR', "
        "'Παράδειγμα', 'news@example.com', 'Νέα', 'el', 'Το ζητήσατε.')"
    )
    connection.execute(
        "insert into crm.campaign_type (code, description, gdpr_category) "
        "select upper(c), c, c from unnest(array['offer', 'newsletter', 'unclassified']) as c"
    )
    _copy(connection, "contact", Contact, crm.contacts)
    _copy(connection, "consent", Consent, crm.consents)
    _load_collections(connection, crm.collections)


def _copy(connection: psycopg.Connection[Any], table: str, kind: type, rows: Iterable[Any]) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier("crm", table),
        sql.SQL(", ").join(sql.Identifier(column.name) for column in fields(kind)),
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(astuple(row))


def _load_collections(connection: psycopg.Connection[Any], rows: list[Collection]) -> None:
    with connection.cursor() as cursor:
        with cursor.copy(
            "copy crm.contact_collection (collection_id, code, description, owner_id, is_static, "
            "query_text, external_provider, campaign_type, use_provider_defaults, is_active) "
            "from stdin"
        ) as copy:
            for row in rows:
                query = f"select contact_id from crm.contact where city = '{row.city}'"
                copy.write_row(
                    (
                        *(row.collection_id, row.code, f"Συλλογή {row.code}", 1),
                        *(row.city is None, None if row.city is None else query),
                        "mailchimp" if row.has_provider else None,
                        row.category.upper() if row.category else None,
                        *(True, row.is_active),
                    )
                )
        with cursor.copy(
            "copy crm.collection_member (collection_id, contact_id) from stdin"
        ) as copy:
            for row in rows:
                for contact_id in row.member_ids if row.city is None else ():
                    copy.write_row((row.collection_id, contact_id))


def read(connection: psycopg.Connection[Any]) -> Crm:
    """The CRM of a database, such as the sample's. Dynamic collections come with the contacts
    that their text names; a text that fails comes without any."""
    contacts = connection.execute(
        "select contact_id, email, is_active, erasure_requested_at, merged_into_id, city, "
        "first_name, last_name, language from crm.contact"
    ).fetchall()
    consents = connection.execute(
        "select consent_id, contact_id, granted, effective_at, expires_at, gdpr_category, channel "
        "from crm.consent"
    ).fetchall()
    collections = connection.execute(
        "select collection_id, collection.code, gdpr_category, is_static, query_text, is_active, "
        "external_provider is not null from crm.contact_collection as collection "
        "left join crm.campaign_type as campaign_type on campaign_type.code = campaign_type"
    ).fetchall()
    return Crm(
        [Contact(*row) for row in contacts],
        [Consent(*row) for row in consents],
        [_read_collection(connection, *row) for row in collections],
    )


def _read_collection(
    connection: psycopg.Connection[Any],
    collection_id: int,
    code: str,
    category: str | None,
    is_static: bool,
    query_text: str | None,
    is_active: bool,
    has_provider: bool,
) -> Collection:
    text = "select contact_id from crm.collection_member where collection_id = %s"
    try:
        with connection.transaction():
            connection.execute("set local transaction_read_only = on")
            connection.execute("set local search_path = crm")
            rows = (
                connection.execute(text, [collection_id])
                if is_static
                else connection.execute(query_text or "select")
            ).fetchall()
    except psycopg.Error:
        rows = []
    return Collection(
        collection_id,
        code,
        category,
        tuple({row[0] for row in rows if row}),
        is_active=is_active,
        has_provider=has_provider,
    )


#: A clock with microseconds, for tests that need none of today's.
CLOCK = datetime(2026, 3, 29, 1, 0, 0, 500000, tzinfo=UTC)
