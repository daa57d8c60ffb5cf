"""Every combination of CRM, ledger and remote state goes through the plan, and equals the tables
in ``docs/status_matrix.md``."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.member_plan import make_plan
from crm_mailchimp.sync.refusals.suppression import Digester, open_suppression
from crm_mailchimp.warehouse.copying import copy_rows

PAGE = Path(__file__).parents[3] / "docs" / "status_matrix.md"
PLAN_TABLE, HOLD_BACK_TABLE, REFUSAL_TABLE = "| CRM |", "| origin |", "| refusal |"
COLLECTION, OTHER_COLLECTION, STAGING = 1, 2, 1
#: The collection's audience, and those for the other columns of the page's table.
LIST = "here"
AUDIENCES = (LIST, "before", "left", "taken over", "elsewhere", "ended")
#: Ids of further contacts, by the number of the combination.
MERGED, HOLDER, STRANGER = 1_000_000, 2_000_000, 3_000_000

#: Why a member is `gone`.
LEFT = ("left_collection", "inactive_contact", "invalid_email", "changed_address")
ELIGIBLE = ("eligible", "changed")
CRM_STATES = (*ELIGIBLE, "refused", "shared", "erased", *LEFT)
ORIGINS = ("created", "adopted", "foreign")


class Noted(NamedTuple):
    """What a member's row in the ledger says: its status and cause; ``withdrawn_first``: we had
    unsubscribed it before that."""

    status: str
    cause: str | None
    detail: str | None = None
    withdrawn_first: bool = False


#: By the page's word for the refusal; those that it has no row for say nothing.
NOTED = {
    "unsubscribed": Noted("unsubscribed", "own_unsubscribe"),
    "complaint": Noted("unsubscribed", "complaint"),
    "permission": Noted("unsubscribed", "permission_taken_back"),
    "compliance": Noted("unsubscribed", "compliance"),
    "forgotten": Noted("unsubscribed", "forgotten"),
    "archived by hand": Noted("archived", "hand_archive"),
    "withdrawal": Noted("unsubscribed", "our_unsubscribe"),
    "followed refusal": Noted("unsubscribed", "our_unsubscribe", "suppressed_complaint"),
    "unconfirmed": Noted("pending", "unconfirmed"),
    "withdrawal and forgotten": Noted("unsubscribed", "forgotten", withdrawn_first=True),
    "withdrawal and archived by hand": Noted("archived", "hand_archive", withdrawn_first=True),
    "hard bounce": Noted("cleaned", "cleaned"),
    "followed bounce": Noted("unsubscribed", "cleaned", "suppressed_cleaned"),
    "our archive": Noted("archived", "our_archive"),
}
#: The member's own status with every refusal that the ledger can hold beside it.
OWN: dict[str, tuple[str | None, ...]] = {
    "subscribed": (None, "forgotten", "permission"),
    "pending": ("unconfirmed", "forgotten"),
    "unsubscribed": (
        "withdrawal", "ended withdrawal", "followed refusal", "followed bounce", "unsubscribed",
        "complaint", "compliance", "forgotten", "withdrawal and forgotten", None,
    ),
    "cleaned": ("hard bounce", "forgotten"),
    "archived": (
        "our archive", "archived by hand", "withdrawal and archived by hand", "compliance",
        "forgotten",
    ),
    "transactional": (None,),
    "unheard-of": (None,),
}  # fmt: skip
#: What Mailchimp refused earlier; only a final refusal of the very same counts.
REJECTIONS = {"final": "rejected", "retryable": "", "of something else": "", None: ""}


class Refusal(NamedTuple):
    """A further row of the ledger. ``by``: the very address in another audience, or another address
    of the contact, of a contact merged into it, of a contact that has the address now or had it."""

    by: str
    what: str
    audience: str


class Member(NamedTuple):
    origin: str
    status: str
    what: str | None
    opted_out: bool


class Combination(NamedTuple):
    crm_state: str
    member: Member
    refusals: tuple[Refusal, ...] = ()
    rejection: str | None = None


NO_MEMBER = Member("none", "none", None, False)
MEMBERS = [
    NO_MEMBER,
    *(
        Member(origin, status, what, opted_out)
        for origin, (status, every) in itertools.product(ORIGINS, OWN.items())
        for what, opted_out in itertools.product(every, (False, True))
        # Who subscribes again has taken the opt-out back.
        if not (opted_out and status == "subscribed")
    ),
]
#: Each status of each origin, with every refusal beside it for members that we created.
CHIEF_MEMBERS = [
    one
    for one in MEMBERS
    if not one.opted_out
    and (one.origin in ("none", "created") or one.what in (None, "unconfirmed", "withdrawal"))
]
PRESENT = [Member(origin, "subscribed", None, False) for origin in ("created", "adopted")]
REFUSALS = [
    Refusal(by, what, audience)
    for by, what, audience in itertools.product(
        ("address", "contact", "merged", "holder", "former holder"), NOTED, AUDIENCES
    )
    # The address in the collection's audience is the member itself.
    if (by, audience) != ("address", LIST) and (by != "former holder" or audience == LIST)
]


def combinations() -> list[Combination]:
    found = itertools.chain(
        _every_member(), _every_member_alone(), _every_refusal(), _every_two_refusals()
    )
    return list(dict.fromkeys(found))


def _every_member() -> Iterator[Combination]:
    """Each state of the member, with what is known elsewhere of the address and of the person."""
    elsewhere = (None, *(Refusal("address", what, "elsewhere") for what in (
        "complaint", "hard bounce",
    )))  # fmt: skip
    person = (None, *(Refusal("contact", what, LIST) for what in (
        "unsubscribed", "complaint", "withdrawal",
    )))  # fmt: skip
    for crm_state, member, *two in itertools.product(CRM_STATES[:6], MEMBERS, elsewhere, person):
        known = tuple(filter(None, two))
        yield Combination(crm_state, member, known)
        if crm_state in ELIGIBLE:
            yield Combination(crm_state, member, known, "final")


def _every_member_alone() -> Iterator[Combination]:
    alone = (
        Refusal("address", "unsubscribed", "elsewhere"), Refusal("contact", "our archive", LIST)
    )  # fmt: skip
    for crm_state, member in itertools.product(CRM_STATES, MEMBERS):
        for rejection in REJECTIONS:
            yield Combination(crm_state, member, (), rejection)
        for refusal in alone:
            yield Combination(crm_state, member, (refusal,))


def _every_refusal() -> Iterator[Combination]:
    """Each refusal of each kind, made by each person in each audience."""
    for member, refusal in itertools.product(CHIEF_MEMBERS, REFUSALS):
        yield Combination("eligible", member, (refusal,))
        yield Combination("left_collection", member, (refusal,))
    for crm_state, member, refusal in itertools.product(CRM_STATES, PRESENT, REFUSALS):
        yield Combination(crm_state, member, (refusal,))


def _every_two_refusals() -> Iterator[Combination]:
    """Which of two refusals comes first, and what a rejection adds."""
    strong = [
        one
        for one in REFUSALS
        if (one.by, one.audience)
        in (("address", "before"), ("contact", LIST), ("merged", LIST), ("holder", LIST))
    ]
    members = [
        NO_MEMBER,
        *PRESENT,
        Member("created", "unsubscribed", "withdrawal", False),
        Member("created", "archived", "our archive", False),
        Member("foreign", "subscribed", None, False),
    ]
    for one, other in itertools.combinations(strong, 2):
        if (one.by, other.by) != ("address", "address"):
            for member in members:
                yield Combination("eligible", member, (one, other))
            yield Combination("left_collection", PRESENT[0], (one, other))
    for member, one in itertools.product(members, strong):
        yield Combination("eligible", member, (one,), "final")


def test_the_plan_equals_the_tables(warehouse_db: str) -> None:
    every = combinations()
    with psycopg.connect(warehouse_db) as warehouse:
        _fill(warehouse, every)
        for options in ({}, {"full_refresh": True}, {"confirm_new_members": True}):
            planned = _plan(warehouse, **options)
            wrong = {
                combination: (found, expected)
                for number, combination in enumerate(every)
                if (found := planned.get(number, ("nothing", "")))
                != (expected := _expected(combination, **options))
            }
            assert not dict(itertools.islice(wrong.items(), 5)), len(wrong)
    assert len(every) > 40_000


def test_every_row_of_the_tables_is_needed() -> None:
    every = combinations()
    plan_rows = {row: one for one in every for row in [_plan_row(one)]}
    assert [row for row in _table(PLAN_TABLE) if row not in plan_rows] == []
    held_back = {_hold_back_row(one) for one in every if _plan_row(one)[4] == "hold back"}
    assert [row for row in _table(HOLD_BACK_TABLE) if row not in held_back] == []
    said = {_refusal_row(refusal.what, refusal.audience) for refusal in REFUSALS}
    assert [row for row in _table(REFUSAL_TABLE) if row not in said] == []


def test_each_refusal_is_used_wherever_the_page_names_it() -> None:
    for what, audience, *words in _table(REFUSAL_TABLE):
        if (what, audience) != ("*", "*"):
            assert _parts(what) <= set(NOTED)
            assert _parts(audience) <= {*AUDIENCES, "beside"}
            assert any(words)


Row = tuple[str, ...]


def _expected(
    combination: Combination, *, full_refresh: bool = False, confirm_new_members: bool = False
) -> tuple[str, str]:
    crm_state = combination.crm_state
    if full_refresh and crm_state == "eligible":
        combination = combination._replace(crm_state="changed")
    is_asked_first = confirm_new_members and combination.member.origin == "none"
    *_, action, reason = _plan_row(combination, is_asked_first=is_asked_first)
    if action == "hold back":
        *_, action = _hold_back_row(combination)
    return action, crm_state if reason == "the CRM's" else reason


def _plan_row(combination: Combination, *, is_asked_first: bool = False) -> Row:
    crm_state = "gone" if combination.crm_state in LEFT else combination.crm_state
    origin, status = combination.member.origin, _status(combination.member)
    known = _known(combination) | ({"asked first"} if is_asked_first else set())
    return _first_row(PLAN_TABLE, crm_state, origin, status, known)


def _hold_back_row(combination: Combination) -> Row:
    member = combination.member
    return _first_row(HOLD_BACK_TABLE, member.origin, _status(member))


def _refusal_row(what: str, audience: str) -> Row:
    # What becomes known in an audience after another collection took it over is about that one.
    return _first_row(REFUSAL_TABLE, what, "elsewhere" if audience == "taken over" else audience)


@cache
def _first_row(head: str, *values: str | frozenset[str]) -> Row:
    sets = [frozenset({value}) if isinstance(value, str) else value for value in values]
    for row in _table(head):
        if all(map(_fits, row, sets)):
            return row
    raise AssertionError(f"no row of the table {head} fits {values}")


def _status(member: Member) -> str:
    if member.what and "forgotten" in member.what:
        return "deleted"
    return "unknown" if member.status == "unheard-of" else member.status


def _known(combination: Combination) -> frozenset[str]:
    member = combination.member
    words = frozenset({REJECTIONS[combination.rejection]})
    if member.what is not None and member.what != "ended withdrawal":
        words |= _says(Refusal("address", member.what, LIST))
    if member.opted_out and member.what != "compliance":
        words |= _says(Refusal("address", "unsubscribed", LIST))
    if member.status == "unsubscribed" and member.what is None:
        words |= {"unexplained"}
    is_mailed = member.origin in ("created", "adopted") and _status(member) == "subscribed"
    for refusal in combination.refusals:
        is_beside = is_mailed and refusal.by == "contact" and refusal.audience == LIST
        words |= _says(refusal._replace(audience="beside") if is_beside else refusal)
    return words - {""}


@cache
def _says(refusal: Refusal) -> frozenset[str]:
    *_, of_address, of_person, of_holder = _refusal_row(refusal.what, refusal.audience)
    if refusal.what == "hard bounce":
        # About the address, whatever became of the refusals.
        *_, of_address, of_person, of_holder = _refusal_row(refusal.what, LIST)
    cell = {
        "address": of_address, "contact": of_person, "merged": of_person, "holder": of_holder,
        "former holder": "",
    }[refusal.by]  # fmt: skip
    return _parts(cell)


def _fits(cell: str, values: frozenset[str]) -> bool:
    return cell == "*" or not values.isdisjoint(_parts(cell))


@cache
def _parts(cell: str) -> frozenset[str]:
    return frozenset(part.strip() for part in cell.split(","))


@cache
def _table(head: str) -> tuple[Row, ...]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(head)) + 2
    table = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    return tuple(tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table)


def _address(letter: str, number: int) -> str:
    return f"{letter}{number}@mail.gr"


def _hash(letter: str, number: int) -> str:
    return hashlib.md5(_address(letter, number).encode()).hexdigest()


class _Rows:
    """Rows of the warehouse for every combination; the number of each is its contact's id."""

    def __init__(self, digester: Digester) -> None:
        self.digester = digester
        self.members: list[tuple[Any, ...]] = []
        self.contacts: list[tuple[Any, ...]] = []
        self.merged: list[tuple[Any, ...]] = []
        self.holders: list[tuple[Any, ...]] = []
        self.verdicts: list[tuple[Any, ...]] = []
        self.refusals: list[tuple[Any, ...]] = []
        self.rejections: list[tuple[Any, ...]] = []
        self.withdrawn_first: dict[Noted, list[tuple[str, str]]] = {}
        self.ended: list[bytes] = []

    def add(self, number: int, one: Combination) -> None:
        self._add_staged(number, one)
        self._add_member(number, one.member)
        self._add_refusals(number, one.refusals)
        if one.rejection:
            content = "something" if one.rejection == "of something else" else _content(one)
            self.rejections.append(
                (LIST, _hash("p", number), number, content, "fake", "…",
                 one.rejection == "retryable")
            )  # fmt: skip

    def _add_member(self, number: int, member: Member) -> None:
        if member.origin == "none":
            return
        what = member.what
        if what == "ended withdrawal":
            what = "withdrawal"
            self.ended.append(self.digester.subscriber(_hash("p", number)))
        noted = NOTED[what] if what else Noted(member.status, None)
        self._note(
            (LIST, _hash("p", number)), number, noted._replace(status=member.status),
            member.origin, opted_out=member.opted_out,
        )  # fmt: skip

    def _add_refusals(self, number: int, refusals: tuple[Refusal, ...]) -> None:
        for position, refusal in enumerate(refusals):
            letter = "p" if refusal.by == "address" else f"q{position}-"
            contact_id = number + {
                "address": STRANGER, "contact": 0, "merged": MERGED, "holder": HOLDER,
                "former holder": HOLDER,
            }[refusal.by]  # fmt: skip
            self._note(
                (refusal.audience, _hash(letter, number)), contact_id, NOTED[refusal.what],
                "created",
            )  # fmt: skip
        by = {refusal.by for refusal in refusals}
        digest = self.digester.subscriber(_hash("p", number))
        self.holders.append((number, digest, "2020-01-01", None))
        if "merged" in by:
            self.merged.append((STAGING, number, number + MERGED))
        if "holder" in by:
            self.holders.append((number + HOLDER, digest, "2020-01-01", None))
        if "former holder" in by:
            self.holders.append((number + HOLDER, digest, "2020-01-01", "2020-01-02"))

    def _note(
        self,
        key: tuple[str, str],
        contact_id: int,
        noted: Noted,
        origin: str,
        *,
        opted_out: bool = False,
    ) -> None:
        if noted.withdrawn_first:
            self.withdrawn_first.setdefault(noted, []).append(key)
            noted = Noted("unsubscribed", "our_unsubscribe")
        self.members.append(
            (*key, contact_id, noted.status, noted.cause, noted.detail, origin, opted_out, "pushed")
        )

    def _add_staged(self, number: int, one: Combination) -> None:
        address, hash_ = _address("p", number), _hash("p", number)
        content = _content(one)
        key = (STAGING, COLLECTION, number)
        if one.crm_state in ELIGIBLE:
            self._eligible(number, "p", content)
        elif one.crm_state == "changed_address":
            self._eligible(number, "r", content)
        elif one.crm_state == "invalid_email":
            self.verdicts.append((*key, one.crm_state, None, None, content))
        elif one.crm_state in LEFT[1:]:
            self.verdicts.append((*key, one.crm_state, address, hash_, content))
        elif one.crm_state == "shared":
            self.verdicts.append((*key, "shared_address_refused", address, hash_, content))
            self.refusals.append((STAGING, number + STRANGER, address, "newsletter"))
        elif one.crm_state in ("refused", "erased"):
            category = "newsletter" if one.crm_state == "refused" else None
            self.refusals.append((STAGING, number, address, category))
            # Erasure beats a withdrawal of the same person.
            self.refusals.append((STAGING, number, address, "newsletter"))

    def _eligible(self, number: int, letter: str, content: str) -> None:
        address, hash_ = _address(letter, number), _hash(letter, number)
        self.verdicts.append((STAGING, COLLECTION, number, None, address, hash_, content))
        digest = self.digester.subscriber(hash_)
        self.contacts.append((STAGING, number, address, True, content, digest))


def _content(one: Combination) -> str:
    return "changed" if one.crm_state == "changed" else "pushed"


def _fill(warehouse: psycopg.Connection, every: list[Combination]) -> None:
    warehouse.execute(
        "insert into sync.staging_run (run_id, clock, rules_version) values ('r', now(), '1')"
    )
    for (command,) in warehouse.execute(
        statement("staging/create_partitions"), {"staging_id": STAGING}
    ).fetchall():
        warehouse.execute(command)
    rows = _Rows(open_suppression(warehouse))
    for number, one in enumerate(every):
        rows.add(number, one)
    _use_audiences(warehouse)
    _copy(warehouse, "sync.address_holder", rows.holders,
          "contact_id address_digest first_seen_at left_at")  # fmt: skip
    # Refusals are opened by the trigger of sync.member, as every writer's are.
    _copy(warehouse, "sync.member", rows.members,
          "list_id subscriber_hash contact_id status cause cause_detail origin opted_out"
          " pushed_hash")  # fmt: skip
    for noted, keys in rows.withdrawn_first.items():
        warehouse.execute(
            "update sync.member as member set status = %s, cause = %s"
            " from unnest(%s::text[], %s::text[]) as named (list_id, subscriber_hash)"
            " where member.list_id = named.list_id"
            " and member.subscriber_hash = named.subscriber_hash",
            (noted.status, noted.cause, *map(list, zip(*keys, strict=True))),
        )
    warehouse.execute(
        "update sync.refusal set ended_at = now(), ended_by = 'confirmed'"
        " where list_id = 'ended'"
        " or list_id = %s and address_digest = any(%s) and kind = 'withdrawal'",
        (LIST, rows.ended),
    )
    warehouse.execute("update sync.audience_use set left_at = now() where list_id = 'before'")
    _copy(warehouse, "sync.rejection", rows.rejections,
          "list_id subscriber_hash contact_id content_hash kind message retryable")  # fmt: skip
    _copy(warehouse, "staging.contact", rows.contacts,
          "staging_id contact_id address_key is_active content_hash refusal_digest")  # fmt: skip
    _copy(warehouse, "staging.merged", rows.merged, "staging_id contact_id merged_id")
    _copy(warehouse, "staging.verdict", rows.verdicts,
          "staging_id collection_id contact_id reason_code address_key subscriber_hash"
          " content_hash")  # fmt: skip
    _copy(warehouse, "staging.refusal", rows.refusals,
          "staging_id contact_id address_key gdpr_category")  # fmt: skip
    warehouse.execute("analyze")


def _use_audiences(warehouse: psycopg.Connection) -> None:
    """The collection's own, and former ones: still in use while refusals become known, left, and
    taken over by the other collection."""
    for audience, collection_id, left, settled in (
        (LIST, COLLECTION, False, False),
        ("before", COLLECTION, False, False),
        ("ended", COLLECTION, False, False),
        ("left", COLLECTION, True, False),
        ("taken over", COLLECTION, True, True),
        ("taken over", OTHER_COLLECTION, False, False),
        ("elsewhere", OTHER_COLLECTION, False, False),
    ):
        warehouse.execute(
            "insert into sync.audience_use (list_id, collection_id, left_at, settled_at)"
            " values (%s, %s, case when %s then now() end, case when %s then now() end)",
            (audience, collection_id, left, settled),
        )
    # What the first look after it left shows may be older. Another look came since.
    warehouse.execute(
        "insert into sync.audience_look (list_id, looked_at) values ('left', now() + interval '1s')"
    )


def _copy(
    warehouse: psycopg.Connection, table: str, rows: list[tuple[Any, ...]], columns: str
) -> None:
    copy_rows(warehouse, table, tuple(columns.split()), rows)


def _plan(
    warehouse: psycopg.Connection,
    *,
    full_refresh: bool = False,
    confirm_new_members: bool = False,
) -> dict[int, tuple[str, str]]:
    parameters = {
        "staging_id": STAGING,
        "collection_id": COLLECTION,
        "gdpr_category": "newsletter",
        "list_id": LIST,
        "confirm_new_members": confirm_new_members,
        "full_refresh": full_refresh,
    }
    make_plan(warehouse, **parameters)
    rows = warehouse.execute(
        "select contact_id, action, coalesce(cause, '') from staging.plan"
        " where subscriber_hash = md5(format('p%s@mail.gr', contact_id))"
    ).fetchall()
    planned = {contact_id: (action, cause) for contact_id, action, cause in rows}
    assert len(planned) == len(rows)
    return planned


@pytest.mark.parametrize("category", ["offer", "unclassified"])
def test_a_refusal_of_another_category_is_none(warehouse_db: str, category: str) -> None:
    """A withdrawal from newsletters says nothing about offers; erasure holds for all."""
    every = [Combination(crm_state, PRESENT[0]) for crm_state in ("refused", "erased")]
    with psycopg.connect(warehouse_db) as warehouse:
        _fill(warehouse, every)
        make_plan(
            warehouse,
            staging_id=STAGING,
            collection_id=COLLECTION,
            gdpr_category=category,
            list_id=LIST,
        )
        rows = warehouse.execute(
            "select contact_id, action, cause from staging.plan order by contact_id"
        ).fetchall()
    assert rows == [(0, "archive", "left_collection"), (1, "archive", "erased_contact")]
