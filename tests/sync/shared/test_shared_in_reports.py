"""Reports of a shared audience: nobody and no call counts twice, and its collections are named."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from chart_rows import chart_rows
from documents.code_in_documents import all_blocks
from sharing_world import CODE, audience_of, change, fill_two, rows, sync_each
from sync_world import World

_RUNS = (
    "select collection_code, is_shared_audience, counted, added, removed from mart.collection_runs"
    " where run_id = %s order by collection_code"
)


def _run_id(world: World) -> str:
    [row] = rows(world, "select run_id from sync.collection_run order by started_at desc limit 1")
    return str(row["run_id"])


def _documented(world: World) -> dict[str, Any]:
    """What the example in the documents adds up for the newest run."""
    [code] = [
        one
        for one in all_blocks()
        if one.document == "docs/shared_audiences.md" and "from mart.collection_runs" in one.text
    ]
    statement, number = code.text.strip().rstrip(";").replace("'…'", "%s"), code.text.count("'…'")
    assert number == 1
    [row] = rows(world, statement, _run_id(world))
    return dict(row)


def _charts(world: World, chart: str) -> list[dict[str, Any]]:
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        return chart_rows(warehouse, chart)


def _filled(world: World) -> dict[str, int]:
    """Four people in the shared audience with five tags, and two in an audience of another.

    Returns:
        ids of the contacts in the shared audience, by address.
    """
    people = fill_two(world)
    own = world.collection("ΒΙΒΛΙΑ")
    for name in ("anna", "petros"):
        world.contact(f"{name}@galaxy.gr", own)
    return people


def test_a_sum_over_a_run_counts_nobody_and_no_call_twice(sharing: World) -> None:
    people = _filled(sharing)
    sharing.calls.reset()

    sync_each(sharing)

    found = rows(sharing, _RUNS, _run_id(sharing))
    assert [tuple(row.values())[:4] for row in found] == [
        ("NEWS", False, "tags", 3),
        ("OFFERS", False, "tags", 2),
        (CODE, True, "members", 4),
        ("ΒΙΒΛΙΑ", False, "members", 2),
    ]
    made = len(sharing.calls.made)
    assert _documented(sharing) == {"added": 6, "updated": 0, "removed": 0, "api_calls": made}

    # Maria leaves the audience; Zoi loses one of her tags only.
    [(news,)] = sharing.crm.execute(
        "select collection_id from crm.contact_collection where code = 'NEWS'"
    ).fetchall()
    for email in ("maria@galaxy.gr", "zoi@galaxy.gr"):
        sharing.leave(news, people[email])
    sharing.calls.reset()
    sync_each(sharing)
    found = rows(sharing, _RUNS, _run_id(sharing))
    assert [row["removed"] for row in found] == [2, 0, 1, 0]
    made = len(sharing.calls.made)
    assert _documented(sharing) == {"added": 0, "updated": 0, "removed": 1, "api_calls": made}


def test_dashboards_count_nobody_and_no_call_twice(sharing: World) -> None:
    _filled(sharing)
    sharing.calls.reset()

    sync_each(sharing)

    [changes] = _charts(sharing, "health_changes")
    changes.pop("day")
    assert changes == {
        "metric added_all": 6,
        "metric updated_all": 0,
        "metric removed_all": 0,
        "metric rejected_all": 0,
        "metric tags_given": 5,
        "metric tags_taken": 0,
    }
    assert _charts(sharing, "health_syncs") == [{"metric runs": 3}], "the audience is no collection"
    [states] = _charts(sharing, "health_states")
    assert (states["state"], states["metric runs"]) == ("succeeded", 3)
    table = {row["collection"]: row for row in _charts(sharing, "health_collections")}
    assert {
        code: (row["metric added_all"], row["metric tags_given"]) for code, row in table.items()
    } == {"NEWS": (0, 3), "OFFERS": (0, 2), CODE: (4, 0), "ΒΙΒΛΙΑ": (2, 0)}
    assert {row["metric syncs"] for row in table.values()} == {1}
    made = len(sharing.calls.made)
    assert sum(row["metric calls"] for row in table.values()) == made

    # One cause stops the audience and both collections: two collections have a problem.
    sharing.crm.execute("update crm.external_provider set company = null")
    for code in ("NEWS", "OFFERS"):
        change(sharing, code, company=None)
    sync_each(sharing)
    blocked = rows(
        sharing,
        "select collection_code from mart.collection_runs where state = 'blocked' and run_id = %s",
        _run_id(sharing),
    )
    collections = {row["collection_code"] for row in blocked} - {CODE}
    assert len(blocked) == len(collections) + 1
    assert _charts(sharing, "health_problems") == [{"metric problems": len(collections)}]


def test_a_preview_before_the_audience_is_there_says_what_it_counts(shared: World) -> None:
    fill_two(shared)
    shared.sync(dry_run=True)
    found = rows(shared, _RUNS, _run_id(shared))
    assert [(row["collection_code"], row["counted"]) for row in found] == [
        ("NEWS", "tags"),
        ("OFFERS", "tags"),
        (CODE, "members"),
    ]


def test_a_collection_that_shares_no_more_counts_members(shared: World) -> None:
    fill_two(shared)
    sync_each(shared)
    change(shared, "OFFERS", shared_audience=None)
    sync_each(shared)
    assert rows(
        shared,
        "select counted from mart.collection_runs where collection_code = 'OFFERS'"
        " order by started_at",
    ) == [{"counted": "tags"}, {"counted": "members"}]


@pytest.mark.parametrize("everybody", [False, True], ids=["one leaves", "all leave"])
def test_the_bill_names_the_collections_of_a_shared_audience(
    sharing: World, everybody: bool
) -> None:
    _filled(sharing)
    sync_each(sharing)
    list_id = audience_of(sharing)
    named = "select collection_codes from mart.bill_audiences where list_id = %s"
    assert rows(sharing, named, list_id) == [{"collection_codes": "NEWS, OFFERS"}]
    own = audience_of(sharing, "ΒΙΒΛΙΑ")
    assert rows(sharing, named, own) == [{"collection_codes": "ΒΙΒΛΙΑ"}]

    for code in ("NEWS", "OFFERS") if everybody else ("OFFERS",):
        change(sharing, code, shared_audience="Άλλο κοινό")
    sync_each(sharing, 2)
    left = CODE if everybody else "NEWS"
    assert rows(sharing, named, list_id) == [{"collection_codes": left}]
    others = "NEWS, OFFERS" if everybody else "OFFERS"
    other = audience_of(sharing, "shared:Άλλο κοινό")
    assert rows(sharing, named, other) == [{"collection_codes": others}]
