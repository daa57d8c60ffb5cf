"""Checks before going live that need no Airflow: previews, folders, settings, broken checks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.readiness.collections import collections_ready, what_syncs_next
from crm_mailchimp.readiness.finding import Check, Verdict, run_checks
from crm_mailchimp.readiness.surroundings import folder_of_data_docs, usable_settings
from fresh_databases import fresh_databases
from sync_world import World

#: An account of the system without rights.
_NOBODY = 65534


@pytest.fixture(params=["postgres", "debian_postgres"])
def world(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    server = request.getfixturevalue(request.param)
    optional = "alter table crm.contact_collection add column shared_audience text"
    with fresh_databases(server, optional) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


def planned(world: World, *codes: str) -> list[tuple[Verdict, str]]:
    with closing(psycopg.connect(world.warehouse_dsn)) as warehouse:
        warehouse.read_only = True
        return list(what_syncs_next(warehouse, codes))


def test_the_newest_preview_counts_people_of_the_next_sync(world: World) -> None:
    news = world.collection("NEWS")
    for code in ("A", "B"):
        collection = world.collection(code, shared_audience="Όλοι")
        world.contact(f"{code.lower()}@mail.gr", collection)
    world.contact("maria@mail.gr", news)
    assert planned(world, "NEWS") == [
        ("to do", "nobody has looked at a plan of NEWS: run the DAG preview_collections")
    ]

    world.sync(dry_run=True)
    found = planned(world, "A", "B", "NEWS")
    assert {verdict for verdict, _ in found} == {"note"}
    (words,) = [words for _, words in found if "collection NEWS" in words]
    assert words.endswith("the next sync would push 1 people (add 1)")
    (shared,) = [words for _, words in found if "collection shared:Όλοι" in words]
    assert "would push 2 people" in shared

    # A preview whose plan is gone says nothing any more.
    world.warehouse.execute("update sync.staging_run set dropped_at = now()")
    ((verdict, words),) = planned(world, "NEWS")
    assert (verdict, "nobody has looked at a plan of NEWS" in words) == ("to do", True)


def test_a_collection_that_synced_needs_no_preview_and_the_others_do(world: World) -> None:
    news = world.collection("NEWS")
    world.collection("OFFERS")
    world.contact("maria@mail.gr", news)
    world.sync(dry_run=True)
    assert [verdict for verdict, _ in planned(world, "NEWS", "OFFERS")] == ["note", "note"]

    # The next preview may be of another collection alone.
    world.sync(("NEWS",), dry_run=True)
    assert [verdict for verdict, _ in planned(world, "NEWS", "OFFERS")] == ["note", "note"]
    # A collection that left keeps its preview for days, and nobody asks about it any more.
    assert [words for _, words in planned(world, "OFFERS") if "NEWS" in words] == []

    world.sync()
    assert planned(world, "NEWS", "OFFERS") == [], "the older preview says nothing any more"
    assert [words for _, words in planned(world, "NEWS", "THIRD")] == [
        "nobody has looked at a plan of THIRD: run the DAG preview_collections"
    ]

    world.contact("eleni@mail.gr", news)
    world.sync(dry_run=True)
    newer = [words for _, words in planned(world, "NEWS")]
    assert any("would push 1 people" in words for words in newer), newer

    # A sync that did not succeed is no sync.
    world.warehouse.execute("update sync.collection_run set state = 'blocked'"
                            " where collection_code = 'OFFERS'")  # fmt: skip
    world.warehouse.execute("update sync.staging_run set dropped_at = now()")
    ((verdict, words),) = planned(world, "NEWS", "OFFERS")
    assert (verdict, "nobody has looked at a plan of OFFERS:" in words) == ("to do", True)


def test_what_a_collection_has_to_have(world: World) -> None:
    world.collection("NEWS")
    world.collection("NOTYPE", campaign_type=None)
    with closing(psycopg.connect(world.crm_dsn)) as crm:
        crm.read_only = True
        assert [verdict for verdict, _ in collections_ready(crm)] == ["fine", "to do"]
    world.crm.execute("update crm.external_provider set from_email = null")
    world.crm.execute("update crm.contact_collection set shared_audience = 'Όλοι'")
    with closing(psycopg.connect(world.crm_dsn)) as crm:
        found = dict(reversed(one) for one in collections_ready(crm))
    (words,) = [words for words in found if words.startswith("shared:Όλοι")]
    assert found[words] == "to do"
    assert "missing_parameter: Mailchimp requires from_email" in words


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    def verdict(folder: Path, *, is_chosen: bool = True) -> tuple[Verdict, str]:
        (found,) = folder_of_data_docs(folder, is_chosen=is_chosen)
        return found

    assert verdict(tmp_path)[0] == "fine"
    assert verdict(tmp_path / "gone") == (
        "to do",
        "DATA_DOCS_DIR does not exist: make the folder, on each worker the same one",
    )
    assert verdict(tmp_path / "gone", is_chosen=False)[0] == "note"
    (tmp_path / "file").touch()
    assert "is no folder" in verdict(tmp_path / "file")[1]

    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    is_root = os.geteuid() == 0
    for folder in (tmp_path, *list(tmp_path.parents)[:3]) if is_root else ():
        folder.chmod(folder.stat().st_mode | 0o055)
    if is_root:
        os.seteuid(_NOBODY)
    try:
        found = verdict(closed)
    finally:
        if is_root:
            os.seteuid(0)
    assert found[0] == "to do"
    assert "is not writable" in found[1]


def test_each_wrong_setting_is_a_line_without_its_secret() -> None:
    assert [one[0] for one in usable_settings({})] == ["fine"]
    wrong = {"SYNC_SCHEDULE": "every hour", "ALERT_WEBHOOK_URL": "μυστικό", "KEEP_IPS_DAYS": "-1"}
    found = list(usable_settings(wrong))
    assert [one[0] for one in found] == ["to do"] * 3
    for name in wrong:
        assert sum(name in words for _, words in found) == 1
    assert "μυστικό" not in str(found)


def test_a_broken_check_stops_no_other() -> None:
    def breaks() -> Iterator[tuple[Verdict, str]]:
        yield "fine", "the first half"
        raise ValueError("maria@mail.gr")

    def opens() -> Iterator[tuple[Verdict, str]]:
        yield "to do", "closed"

    def works() -> Iterator[tuple[Verdict, str]]:
        yield "fine", "works"

    found = list(
        run_checks(
            [
                Check(subject="one", look=breaks),
                Check(subject="two", look=opens, opens="crm_db"),
                Check(subject="three", look=works, needs=("crm_db",)),
                Check(subject="four", look=works, needs=("warehouse_db",)),
            ]
        )
    )
    assert [(one.subject, one.verdict) for one in found] == [
        ("one", "fine"), ("one", "to do"), ("two", "to do"), ("three", "to do"), ("four", "fine"),
    ]  # fmt: skip
    assert "this check broke off (ValueError: unexpected, in breaks" in found[1].words
    assert "maria" not in found[1].words
    assert found[3].words == "not looked at: first correct the connection crm_db"
