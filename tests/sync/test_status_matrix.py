"""Every combination of CRM, ledger and remote state goes through the plan, and equals the table
in ``docs/status_matrix.md``."""

from __future__ import annotations

import itertools
from pathlib import Path

import psycopg

from crm_mailchimp.statements import statement

TABLE = Path(__file__).parents[2] / "docs" / "status_matrix.md"
LIST, OTHER = "list", "other"
COLLECTION, STAGING = 1, 1

STANDINGS = ("eligible", "changed", "refused", "erased", "gone")
ORIGINS = ("created", "adopted", "foreign")
#: Statuses with every cause that the ledger can hold beside them.
CAUSES = {
    "subscribed": (None, "forgotten"),
    "pending": ("unconfirmed", "forgotten"),
    "unsubscribed": (
        "our_unsubscribe", "own_unsubscribe", "complaint", "compliance", "cleaned", "forgotten",
    ),
    "cleaned": ("cleaned", "forgotten"),
    "archived": ("our_archive", "hand_archive", "forgotten"),
}  # fmt: skip
ELSEWHERE = (None, "complaint", "cleaned")

Combination = tuple[str, str, str, str | None, str | None]


def test_the_plan_equals_the_table(warehouse_db: str) -> None:
    combinations: list[Combination] = [
        (standing, origin, status, cause, elsewhere)
        for standing, origin in itertools.product(STANDINGS, ORIGINS)
        for status, causes in CAUSES.items()
        for cause in causes
        for elsewhere in ELSEWHERE
    ] + [(standing, "none", "none", None, None) for standing in STANDINGS]

    with psycopg.connect(warehouse_db) as warehouse:
        planned = _plan(warehouse, combinations)

    wrong = {
        combination: (planned.get(number, ("nothing", "")), _expected(combination))
        for number, combination in enumerate(combinations)
        if planned.get(number, ("nothing", "")) != _expected(combination)
    }
    assert not wrong
    assert len(combinations) > 600


def _expected(combination: Combination) -> tuple[str, str]:
    standing, origin, status, cause, elsewhere = combination
    reasons = {cause or "", {"complaint": "complaint elsewhere", "cleaned": "bounce elsewhere"}.get(
        elsewhere or "", ""
    )}  # fmt: skip
    for crm, made_by, stands, why, action, reason in _rows():
        if (
            _fits(crm, {standing})
            and _fits(made_by, {origin})
            and _fits(stands, {status})
            and _fits(why, reasons)
        ):
            return action, reason
    raise AssertionError(f"no row of the table fits {combination}")


def _fits(cell: str, values: set[str]) -> bool:
    return cell == "*" or bool({part.strip() for part in cell.split(",")} & values)


def _rows() -> list[list[str]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| CRM |")) + 2
    table = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def _plan(
    warehouse: psycopg.Connection, combinations: list[Combination]
) -> dict[int, tuple[str, str]]:
    warehouse.execute(
        "insert into sync.staging_run (run_id, clock, rules_version) values ('r', now(), '1')"
    )
    for (command,) in warehouse.execute(
        statement("staging/create_partitions"), {"staging_id": STAGING}
    ).fetchall():
        warehouse.execute(command)
    for number, (standing, origin, status, cause, elsewhere) in enumerate(combinations):
        address = f"p{number}@mail.gr"
        if origin != "none":
            _member(warehouse, LIST, address, number, status, cause, origin)
        if elsewhere:
            # Another person's member elsewhere, so that only the address is shared.
            _member(warehouse, OTHER, address, -1 - number, "unsubscribed", elsewhere, "foreign")
        if standing in ("eligible", "changed"):
            content = "pushed" if standing == "eligible" else "changed"
            warehouse.execute(
                "insert into staging.verdict (staging_id, collection_id, contact_id, address_key,"
                " subscriber_hash, content_hash) values (%s, %s, %s, %s, md5(%s), %s)",
                (STAGING, COLLECTION, number, address, address, content),
            )
        elif standing in ("refused", "erased"):
            category = "newsletter" if standing == "refused" else None
            warehouse.execute(
                "insert into staging.refusal values (%s, %s, %s, %s)",
                (STAGING, number, address, category),
            )
    parameters = {
        "staging_id": STAGING,
        "collection_id": COLLECTION,
        "gdpr_category": "newsletter",
        "list_id": LIST,
        "full_refresh": False,
    }
    warehouse.execute(statement("sync/plan_changes"), parameters)
    rows = warehouse.execute(
        "select contact_id, action, coalesce(cause, '') from staging.plan"
    ).fetchall()
    planned = {contact_id: (action, cause) for contact_id, action, cause in rows}
    assert len(planned) == len(rows)
    return planned


def _member(
    warehouse: psycopg.Connection,
    list_id: str,
    address: str,
    contact_id: int,
    status: str,
    cause: str | None,
    origin: str,
) -> None:
    warehouse.execute(
        "insert into sync.member (list_id, subscriber_hash, contact_id, status, cause, origin,"
        " pushed_hash) values (%s, md5(%s), %s, %s, %s, %s, 'pushed')",
        (list_id, address, contact_id, status, cause, origin),
    )
