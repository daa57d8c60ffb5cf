"""A collection has a new id, or the id of before, or two ids: what a person decides then."""

from __future__ import annotations

import pytest

from crm_mailchimp.sync.staging.known_collections import (
    NothingReplacedError,
    SeveralReplacedError,
    begin_as_new,
    continue_as_same,
)
from sharing_world import (
    NAME,
    by_hand,
    fill_two,
    last_run,
    quarantine,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))


def fill(world: World) -> dict[str, int]:
    found = fill_two(world)
    sync_each(world)
    return found


def decide(world: World, how: str, code: str = "NEWS") -> tuple[int, int]:
    decision = {"same": continue_as_same, "new": begin_as_new}[how]
    with world.connect(world.warehouse_dsn) as warehouse:
        return decision(warehouse, code)


def give_id(world: World, new_id: int, code: str = "NEWS") -> int:
    """The CRM has the collection under another id; returns the id of before."""
    row = world.crm.execute(
        "select collection_id from crm.contact_collection where code = %s", (code,)
    ).fetchone()
    assert row
    for table in ("contact_collection", "collection_member"):
        world.crm.execute(
            f"update crm.{table} set collection_id = %s where collection_id = %s", (new_id, row[0])
        )
    return row[0]


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("same", "new", NAME), ("new", "same", NAME), ("new", "new", NAME), ("new", "new", None),
    ],
)  # fmt: skip
def test_the_old_id_comes_back_after_a_decision(
    sharing: World, first: str, second: str, name: str | None
) -> None:
    ids = fill_two(sharing)
    sharing.crm.execute("update crm.contact_collection set shared_audience = %s", (name,))
    sync_each(sharing)
    code = "shared:" + NAME if name else "NEWS"
    sharing.act(ZOI, "unsubscribe", code)
    old = give_id(sharing, 900)
    sync_each(sharing)
    decide(sharing, first)
    sync_each(sharing, 2)
    give_id(sharing, old)
    sync_each(sharing)
    assert "collection_replaced" in str(last_run(sharing, "NEWS")["detail"])

    assert decide(sharing, second) == (900, old)
    sharing.regrant(ids[MARIA], granted=False)
    sync_each(sharing, 2)

    assert last_run(sharing, "NEWS")["state"] == "succeeded"
    expected = {ELENI} | ({KOSTAS} if name else set())
    assert with_status(sharing, "subscribed", code) == expected
    if name:
        assert tagged(sharing, "NEWS") == {ELENI}
    # And once more.
    give_id(sharing, 900)
    sync_each(sharing)
    assert decide(sharing, second) == (old, 900)
    sync_each(sharing, 2)
    assert last_run(sharing, "NEWS")["state"] == "succeeded"
    assert with_status(sharing, "subscribed", code) == expected
    if second == "new":
        # Nobody is held back from a former collection.
        assert "NEWS" in {code for code, _ in quarantine(sharing)} <= {"NEWS", "OFFERS"}
    known = rows(sharing, "select * from sync.known_collection where collection_code = 'NEWS'")
    assert [(one["collection_id"], one["replaced_by"]) for one in known] == [(900, None)]


def allow_twins(world: World) -> None:
    world.crm.execute(
        "alter table crm.contact_collection drop constraint contact_collection_code_key"
    )


def test_another_collection_gets_a_code_that_is_in_use(sharing: World) -> None:
    """Nothing of the one that has the code changes, and nothing of the other one is lost."""
    ids = fill(sharing)
    allow_twins(sharing)
    by_hand(sharing, "NEWS", ZOI, "taken")
    sharing.crm.execute("update crm.contact_collection set code = 'NEWS' where code = 'OFFERS'")
    sharing.regrant(ids[MARIA], granted=False)
    sync_each(sharing, 3)
    assert last_run(sharing, "NEWS")["state"] == "succeeded"
    assert last_run(sharing, "NEWS (2)")["detail"].startswith(
        "collection_replaced: the CRM has the code NEWS twice, for the collections 1 and 2"
    )
    assert tagged(sharing, "NEWS") == {ELENI}
    with pytest.raises(NothingReplacedError, match="No collection waits"):
        decide(sharing, "same")

    sharing.crm.execute("update crm.contact_collection set code = 'GIFTS' where collection_id = 2")
    sync_each(sharing, 2)

    assert (tagged(sharing, "NEWS"), tagged(sharing, "GIFTS")) == ({ELENI}, {ZOI, KOSTAS})
    assert with_status(sharing, "subscribed") == {ZOI, KOSTAS, ELENI}
    assert with_status(sharing, "unsubscribed") == {MARIA}


@pytest.mark.parametrize("decision", [None, "same", "new"])
def test_a_new_collection_has_a_code_that_is_in_use(sharing: World, decision: str | None) -> None:
    """A view may show a collection under both ids for a while. Or it is a mistake."""
    ids = fill(sharing)
    allow_twins(sharing)
    by_hand(sharing, "NEWS", ZOI, "taken")
    sharing.collection("NEWS", collection_id=900, shared_audience=NAME)
    for one in (MARIA, ZOI):
        sharing.join(900, ids[one])
    sync_each(sharing, 2)
    assert last_run(sharing, "NEWS")["state"] == "succeeded"
    assert tagged(sharing, "NEWS") == {MARIA, ELENI}
    words = last_run(sharing, "NEWS (900)")["detail"]
    assert "for the collections 1, 900. If they are to stay, decide nothing" in words

    if decision is None:
        sharing.crm.execute(
            "update crm.contact_collection set code = 'GIFTS' where collection_id = 900"
        )
        sync_each(sharing, 2)
        assert (tagged(sharing, "NEWS"), tagged(sharing, "GIFTS")) == ({MARIA, ELENI}, {MARIA, ZOI})
        return
    decide(sharing, decision)
    sync_each(sharing)
    sharing.crm.execute("delete from crm.contact_collection where collection_id = 1")
    sync_each(sharing, 2)
    # Zoi refused there, and Eleni has left it.
    assert last_run(sharing, "NEWS")["state"] == "succeeded"
    assert tagged(sharing, "NEWS") == {MARIA}


@pytest.mark.parametrize("decision", ["same", "new"])
def test_nobody_decides_about_two_new_ids_at_once(sharing: World, decision: str) -> None:
    fill(sharing)
    allow_twins(sharing)
    by_hand(sharing, "NEWS", ZOI, "taken")
    give_id(sharing, 900)
    sharing.collection("NEWS", collection_id=901, shared_audience=NAME)
    sync_each(sharing)

    with pytest.raises(SeveralReplacedError, match="for the collections 900, 901"):
        decide(sharing, decision)

    sharing.crm.execute(
        "update crm.contact_collection set code = 'GIFTS' where collection_id = 901"
    )
    sync_each(sharing)
    assert decide(sharing, decision)[1] == 900
    sync_each(sharing, 2)
    assert tagged(sharing, "NEWS") == {MARIA, ELENI}
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}
