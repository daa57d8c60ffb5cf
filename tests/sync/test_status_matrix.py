"""Every combination of CRM, ledger and remote state goes through the plan, and equals the table
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
from crm_mailchimp.sync.plan import make_plan
from crm_mailchimp.warehouse.copying import copy_rows

TABLE = Path(__file__).parents[2] / "docs" / "status_matrix.md"
LIST, OTHER = "list", "other"
COLLECTION, STAGING = 1, 1

#: Why a member is `gone`.
LEFT = ("left_collection", "inactive_contact", "invalid_email", "changed_address")
STANDINGS = ("eligible", "changed", "refused", "shared", "erased", *LEFT)
ORIGINS = ("created", "adopted", "foreign")
#: Statuses with every cause that the ledger can hold beside them.
CAUSES: dict[str, tuple[str | None, ...]] = {
    "subscribed": (None, "forgotten"),
    "pending": ("unconfirmed", "forgotten"),
    "unsubscribed": (
        "our_unsubscribe", "own_unsubscribe", "complaint", "compliance", "cleaned", "forgotten",
    ),
    "cleaned": ("cleaned", "forgotten"),
    "archived": ("our_archive", "hand_archive", "compliance", "forgotten"),
    "transactional": (None,),
}  # fmt: skip
#: What the address did in another audience; only the first two matter here.
ELSEWHERE = {
    "complaint": "complaint elsewhere", "cleaned": "bounce elsewhere",
    "own_unsubscribe": "", None: "",
}  # fmt: skip
#: What the person did under another address of the audience.
PERSON = {
    "own_unsubscribe": "person opted out", "complaint": "person complained",
    "our_unsubscribe": "withdrawn before", "our_archive": "", None: "",
}  # fmt: skip
#: What Mailchimp refused earlier; only a final refusal of the very same counts.
REJECTIONS = {"final": "rejected", "retryable": "", "of something else": "", None: ""}


class Combination(NamedTuple):
    standing: str
    origin: str
    status: str
    cause: str | None
    opted_out: bool
    elsewhere: str | None
    person: str | None
    rejection: str | None


def combinations() -> Iterator[Combination]:
    around = list(itertools.product(ELSEWHERE, PERSON, REJECTIONS))
    for standing, rest in itertools.product(STANDINGS, around):
        yield Combination(standing, "none", "none", None, False, *rest)
    for standing, origin, (status, causes) in itertools.product(STANDINGS, ORIGINS, CAUSES.items()):
        for cause, opted_out, rest in itertools.product(causes, (False, True), around):
            # Who subscribes again has taken the opt-out back.
            if not (opted_out and status == "subscribed"):
                yield Combination(standing, origin, status, cause, opted_out, *rest)


def test_the_plan_equals_the_table(warehouse_db: str) -> None:
    every = list(combinations())
    with psycopg.connect(warehouse_db) as warehouse:
        _fill(warehouse, every)
        for full_refresh in (False, True):
            planned = _plan(warehouse, full_refresh=full_refresh)
            wrong = {
                combination: (found, expected)
                for number, combination in enumerate(every)
                if (found := planned.get(number, ("nothing", "")))
                != (expected := _expected(combination, full_refresh=full_refresh))
            }
            assert not dict(itertools.islice(wrong.items(), 5))
    assert len(every) > 30_000


def test_every_row_of_the_table_is_needed() -> None:
    used = {_row_of(combination) for combination in combinations()}
    assert [row for row in _rows() if row not in used] == []


Row = tuple[str, ...]


def _expected(combination: Combination, *, full_refresh: bool) -> tuple[str, str]:
    if full_refresh and combination.standing == "eligible":
        combination = combination._replace(standing="changed")
    *_, action, reason = _row_of(combination)
    return action, combination.standing if reason == "the CRM's" else reason


def _row_of(combination: Combination) -> Row:
    standing = "gone" if combination.standing in LEFT else combination.standing
    reasons = {
        combination.cause or "",
        ELSEWHERE[combination.elsewhere],
        PERSON[combination.person],
        REJECTIONS[combination.rejection],
        "opted out" if combination.opted_out else "",
    } - {""}
    for row in _rows():
        crm, made_by, stands, why, *_ = row
        if (
            _fits(crm, {standing})
            and _fits(made_by, {combination.origin})
            and _fits(stands, {combination.status})
            and _fits(why, reasons)
        ):
            return row
    raise AssertionError(f"no row of the table fits {combination}")


def _fits(cell: str, values: set[str]) -> bool:
    return cell == "*" or not values.isdisjoint(_parts(cell))


@cache
def _parts(cell: str) -> frozenset[str]:
    return frozenset(part.strip() for part in cell.split(","))


@cache
def _rows() -> tuple[Row, ...]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| CRM |")) + 2
    table = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    return tuple(tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table)


def _hash(letter: str, number: int) -> str:
    return hashlib.md5(f"{letter}{number}@mail.gr".encode()).hexdigest()


def _fill(warehouse: psycopg.Connection, every: list[Combination]) -> None:
    warehouse.execute(
        "insert into sync.staging_run (run_id, clock, rules_version) values ('r', now(), '1')"
    )
    for (command,) in warehouse.execute(
        statement("staging/create_partitions"), {"staging_id": STAGING}
    ).fetchall():
        warehouse.execute(command)
    members: list[tuple[Any, ...]] = []
    verdicts: list[tuple[Any, ...]] = []
    refusals: list[tuple[Any, ...]] = []
    rejections: list[tuple[Any, ...]] = []
    for number, one in enumerate(every):
        address, hash_ = f"p{number}@mail.gr", _hash("p", number)
        content = "changed" if one.standing == "changed" else "pushed"
        if one.origin != "none":
            members.append((LIST, hash_, number, one.status, one.cause, one.origin, one.opted_out))
        if one.elsewhere:
            # Another person's member elsewhere, so that only the address is shared.
            status = "cleaned" if one.elsewhere == "cleaned" else "unsubscribed"
            members.append((OTHER, hash_, -1 - number, status, one.elsewhere, "foreign", True))
        if one.person:
            status = "archived" if one.person == "our_archive" else "unsubscribed"
            opted_out = one.person == "own_unsubscribe"
            members.append(
                (LIST, _hash("q", number), number, status, one.person, "created", opted_out)
            )
            # And what the person did in another audience says nothing about this one.
            members.append(
                (OTHER, _hash("q", number), number, "unsubscribed", "own_unsubscribe", "created",
                 True)
            )  # fmt: skip
        if one.rejection:
            refused = "something" if one.rejection == "of something else" else content
            rejections.append(
                (LIST, hash_, number, refused, "fake", "…", one.rejection == "retryable")
            )
        key = (STAGING, COLLECTION, number)
        if one.standing in ("eligible", "changed"):
            verdicts.append((*key, None, address, hash_, content))
        elif one.standing == "changed_address":
            verdicts.append((*key, None, f"r{number}@mail.gr", _hash("r", number), content))
        elif one.standing == "invalid_email":
            verdicts.append((*key, one.standing, None, None, content))
        elif one.standing in LEFT[1:]:
            verdicts.append((*key, one.standing, address, hash_, content))
        elif one.standing == "shared":
            verdicts.append((*key, "shared_address_refused", address, hash_, content))
            refusals.append((STAGING, -1 - number, address, "newsletter"))
        elif one.standing in ("refused", "erased"):
            category = "newsletter" if one.standing == "refused" else None
            refusals.append((STAGING, number, address, category))
            # Erasure beats a withdrawal of the same person.
            refusals.append((STAGING, number, address, "newsletter"))
    copy_rows(
        warehouse,
        "sync.member",
        ("list_id", "subscriber_hash", "contact_id", "status", "cause", "origin", "opted_out"),
        members,
    )
    warehouse.execute("update sync.member set pushed_hash = 'pushed'")
    copy_rows(
        warehouse,
        "sync.rejection",
        (
            *("list_id", "subscriber_hash", "contact_id", "content_hash", "kind", "message"),
            "retryable",
        ),
        rejections,
    )
    copy_rows(
        warehouse,
        "staging.verdict",
        (
            *("staging_id", "collection_id", "contact_id", "reason_code", "address_key"),
            *("subscriber_hash", "content_hash"),
        ),
        verdicts,
    )
    copy_rows(
        warehouse,
        "staging.refusal",
        ("staging_id", "contact_id", "address_key", "gdpr_category"),
        refusals,
    )
    warehouse.execute("analyze")


def _plan(warehouse: psycopg.Connection, *, full_refresh: bool) -> dict[int, tuple[str, str]]:
    parameters = {
        "staging_id": STAGING,
        "collection_id": COLLECTION,
        "gdpr_category": "newsletter",
        "list_id": LIST,
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
    every = [
        Combination(standing, "created", "subscribed", None, False, None, None, None)
        for standing in ("refused", "erased")
    ]
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
