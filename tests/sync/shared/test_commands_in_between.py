"""Commands of a person while collections share an audience, wait for another, or leave it."""

from __future__ import annotations

import pytest

from crm_mailchimp.sync.audience.former_audiences import retire_by_code
from crm_mailchimp.sync.staging.known_collections import (
    NothingReplacedError,
    begin_as_new,
    continue_as_same,
)
from sharing_world import CODE as SHARED
from sharing_world import (
    act,
    audience_of,
    by_hand,
    change,
    fill_two,
    last_run,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))
OTHER = "Άλλο κοινό"


def fill(world: World) -> dict[str, int]:
    """Two collections in one audience; ids of the contacts by address."""
    found = fill_two(world)
    sync_each(world)
    return found


def retire(world: World) -> str:
    with world.connect(world.warehouse_dsn) as warehouse:
        return retire_by_code(warehouse, SHARED)


def decide(world: World, how: str) -> tuple[int, int]:
    decision = {"same": continue_as_same, "new": begin_as_new}[how]
    with world.connect(world.warehouse_dsn) as warehouse:
        return decision(warehouse, "NEWS")


def wait(world: World) -> None:
    """NEWS is to have an audience of its own, and the plan allows no more of them."""
    world.sandbox.control("POST", "limits", {"max_audiences": 1})
    change(world, "NEWS", shared_audience=None)
    sync_each(world, 2)


def go_on(world: World) -> None:
    world.sandbox.control("POST", "limits", {"max_audiences": 10})


def recreate(world: World, new_id: int = 900) -> None:
    """The CRM has NEWS under another id."""
    world.crm.execute(
        "update crm.contact_collection set collection_id = %s where code = 'NEWS'", (new_id,)
    )
    world.crm.execute(
        "update crm.collection_member set collection_id = %s"
        " where collection_id not in (select collection_id from crm.contact_collection)",
        (new_id,),
    )


def in_list(world: World, list_id: str, status: str) -> set[str]:
    with world.provider() as provider:
        return {one.email_address for one in provider.members(list_id, status=status)}


def opt_out(world: World, list_id: str, email: str) -> None:
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})
    world.sandbox.control(
        "POST", "act", {"list_id": list_id, "email_address": email, "action": "unsubscribe"}
    )
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})


# ---- retire


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("to", [None, OTHER])
def test_who_opted_out_of_a_retired_audience_is_not_added_elsewhere(
    sharing: World, when: str, to: str | None
) -> None:
    """No run has seen the opt-out, and the collection goes elsewhere."""
    fill(sharing)
    left = audience_of(sharing)
    if when == "before":
        opt_out(sharing, left, ZOI)
    retire(sharing)
    if when == "after":
        opt_out(sharing, left, ZOI)
    change(sharing, "NEWS", shared_audience=to)

    sync_each(sharing)

    code = "NEWS" if to is None else f"shared:{to}"
    assert with_status(sharing, "subscribed", code) == {MARIA, ELENI}


def test_who_opted_out_after_the_audience_of_a_waiting_collection_was_retired(
    sharing: World,
) -> None:
    fill(sharing)
    wait(sharing)
    left = audience_of(sharing)
    retire(sharing)
    opt_out(sharing, left, ZOI)
    go_on(sharing)

    sync_each(sharing)

    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, ELENI}


def test_a_tag_taken_right_before_the_audience_is_retired(sharing: World) -> None:
    fill(sharing)
    by_hand(sharing, "NEWS", ZOI, "taken")
    retire(sharing)

    sync_each(sharing)

    assert tagged(sharing, "NEWS") == {MARIA, ELENI}
    assert tagged(sharing, "OFFERS") == {ZOI, KOSTAS}


@pytest.mark.parametrize("how", ["unshared", "inactive", "other", "shared"])
def test_withdrawals_go_out_in_a_retired_audience(shared: World, how: str) -> None:
    """Also if no collection shares an audience of this name any more."""
    ids = fill(shared)
    left = audience_of(shared)
    retire(shared)
    columns: dict[str, dict[str, object]] = {
        "unshared": {"shared_audience": None},
        "inactive": {"is_active": False},
        "other": {"shared_audience": OTHER},
        "shared": {},
    }
    for code in ("NEWS", "OFFERS"):
        change(shared, code, **columns[how])
    sync_each(shared)
    shared.regrant(ids[MARIA], granted=False)

    sync_each(shared, 2)

    assert in_list(shared, left, "unsubscribed") == {MARIA}
    assert in_list(shared, left, "subscribed") == {ZOI, KOSTAS, ELENI}


# ---- same-collection, new-collection


@pytest.mark.parametrize("decision", ["same", "new"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_collection_gets_a_new_id_while_it_waits(
    sharing: World, decision: str, when: str
) -> None:
    """What people refuse where it was holds, before the decision and after it."""
    fill(sharing)
    wait(sharing)
    if when == "before":
        act(sharing, ZOI, "unsubscribe")
    recreate(sharing)
    sync_each(sharing)
    assert "collection_replaced" in str(last_run(sharing, "NEWS")["detail"])
    decide(sharing, decision)
    if when == "after":
        act(sharing, ZOI, "unsubscribe")
    go_on(sharing)

    sync_each(sharing, 3)

    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, ELENI}
    # It arrived, so the audience that it left lets its members go.
    assert with_status(sharing, "subscribed") == {KOSTAS}
    assert with_status(sharing, "archived") == {MARIA, ELENI}


@pytest.mark.parametrize("decision", ["same", "new"])
def test_two_new_ids_before_anybody_decides(sharing: World, decision: str) -> None:
    """The decision is about the id that the CRM has now."""
    fill(sharing)
    by_hand(sharing, "NEWS", ZOI, "taken")
    for new_id in (900, 901):
        recreate(sharing, new_id)
        sync_each(sharing)

    assert decide(sharing, decision)[1] == 901
    sync_each(sharing)

    assert last_run(sharing, "NEWS")["state"] == "succeeded"
    assert tagged(sharing, "NEWS") == {MARIA, ELENI}
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}


def test_the_old_id_comes_back_before_anybody_decides(shared: World) -> None:
    fill(shared)
    (old,) = shared.crm.execute(
        "select collection_id from crm.contact_collection where code = 'NEWS'"
    ).fetchone() or (None,)
    recreate(shared)
    sync_each(shared)
    recreate(shared, old)
    sync_each(shared)

    with pytest.raises(NothingReplacedError, match="No collection waits for a decision"):
        decide(shared, "same")

    sync_each(shared)
    assert last_run(shared, "NEWS")["state"] == "succeeded"
    assert tagged(shared, "NEWS") == {MARIA, ZOI, ELENI}


@pytest.mark.parametrize("decision", ["same", "new"])
@pytest.mark.parametrize("seen", [True, False])
def test_tags_taken_before_and_after_a_new_id(shared: World, decision: str, seen: bool) -> None:
    fill(shared)
    by_hand(shared, "NEWS", ZOI, "taken")
    if seen:
        sync_each(shared)
    recreate(shared)
    sync_each(shared)
    by_hand(shared, "NEWS", ELENI, "taken")
    decide(shared, decision)
    sync_each(shared, 2)
    assert tagged(shared, "NEWS") == {MARIA}

    by_hand(shared, "NEWS", ZOI, "given")
    sync_each(shared, 2)

    assert tagged(shared, "NEWS") == {MARIA, ZOI}
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}
