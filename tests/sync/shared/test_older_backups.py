"""A collection moved, and then yesterday's state is restored: it knows nothing of the move."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    audience_of,
    by_hand,
    change,
    quarantine,
    rows,
    sync_each,
    with_status,
)
from sync.shared.movers import MARIA, NIKOS, OTHER, PETROS, ZOI, Movers
from sync_world import World

ELENI = "eleni@galaxy.gr"
#: What a restore takes over from the former warehouse.
_PROTECTING = ["suppression", "suppression_key", "installation", "erased_subscriber", "reason"]


class Yesterday:
    """A copy of the state."""

    def __init__(self, world: World) -> None:
        self.warehouse = world.warehouse
        found = rows(
            world,
            "select tablename from pg_tables where schemaname = 'sync' and not tablename = any(%s)",
            _PROTECTING,
        )
        self.tables = [row["tablename"] for row in found]
        self.warehouse.execute("create schema yesterday")
        for table in self.tables:
            self.warehouse.execute(f"create table yesterday.{table} as table sync.{table}")

    def restore(self) -> None:
        """All tables hold again what they held."""
        names = ", ".join(f"sync.{table}" for table in self.tables)
        self.warehouse.execute(f"truncate {names}")
        # As pg_restore does: rows in any order, and no trigger.
        self.warehouse.execute("set session_replication_role = replica")
        for table in self.tables:
            self.warehouse.execute(
                f"insert into sync.{table} overriding system value table yesterday.{table}"
            )
        self.warehouse.execute("set session_replication_role = origin")


@pytest.fixture(params=[None, OTHER], ids=["own", "other"])
def restored(sharing: World, request: pytest.FixtureRequest) -> Iterator[Movers]:
    """NEWS moved since the backup. Before that Zoi opted out, and Petros lost the tag by hand."""
    moved = Movers(sharing, NAME, request.param, "NEWS", arrive=False)
    moved.people[ELENI] = sharing.contact(ELENI, moved.ids["NEWS"])
    sync_each(sharing)
    yesterday = Yesterday(sharing)
    sharing.act(ZOI, "unsubscribe", CODE)
    by_hand(sharing, "NEWS", PETROS, "taken")
    moved.move()
    assert moved.of("NEWS") == {NIKOS, ELENI}
    yesterday.restore()
    return moved


def test_nobody_is_removed_and_nobody_comes_back(sharing: World, restored: Movers) -> None:
    """The sync archived members in the first audience, which yesterday's state does not know."""
    sync_each(sharing, 3)

    assert restored.of("NEWS") == {NIKOS, ELENI}
    shown = restored.in_audience(audience_of(sharing, restored.code_of("NEWS")))
    assert shown == {NIKOS: "subscribed", ELENI: "subscribed"}
    held = quarantine(sharing)
    for one in (MARIA, ZOI, PETROS):
        assert ("NEWS", restored.people[one]) in held
    restored.assert_quiet()
    # What is refused after the restore counts, too.
    sharing.act(ELENI, "unsubscribe", restored.code_of("NEWS"))
    sync_each(sharing)

    assert restored.of("NEWS") == {NIKOS}
    assert quarantine(sharing)["NEWS", restored.people[ELENI]] == "suppressed_unsubscribed"


def test_an_ordinary_link_is_no_older_state(sharing: World) -> None:
    """Another collection put Maria into the audience that NEWS gets. She was archived in NEWS."""
    news, offers = sharing.collection("NEWS"), sharing.collection("OFFERS")
    for one in (MARIA, NIKOS):
        sharing.contact(one, news, offers)
    sync_each(sharing, 2)
    sharing.archive_by_hand(MARIA, "NEWS")
    sync_each(sharing)
    linked = audience_of(sharing, "OFFERS")
    change(sharing, "OFFERS", is_active=False)
    change(sharing, "NEWS", provider_list_id=linked)
    sharing.forget_ledger()

    sync_each(sharing, 2)

    assert with_status(sharing, "subscribed", "NEWS") == {NIKOS}
    assert audience_of(sharing, "NEWS") == linked


def test_a_preview_is_right(sharing: World) -> None:
    moved = Movers(sharing, NAME, None, "NEWS", arrive=False)
    yesterday = Yesterday(sharing)
    moved.move()
    yesterday.restore()
    writes = sharing.write_requests()
    for _ in range(2):
        staging_id = sharing.stage(dry_run=True)
        sharing.push(staging_id, "NEWS", options=UNGUARDED)
        planned = rows(
            sharing,
            "select contact_id, action from staging.plan where staging_id = %s"
            " and action not in ('unchanged', 'update')",
            staging_id,
        )
        assert planned == [{"contact_id": moved.people[MARIA], "action": "quarantine"}]
    assert sharing.write_requests() == writes

    sync_each(sharing, 2)

    assert moved.of("NEWS") == {NIKOS, ZOI, PETROS}
