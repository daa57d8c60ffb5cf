"""The state is lost after several moves in a row: every audience before is found, or none."""

from __future__ import annotations

from contextlib import suppress

import pytest

from crm_mailchimp.errors import ProviderError
from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    audience_of,
    change,
    last_run,
    quarantine,
    rows,
    sync_each,
)
from sync.shared.movers import MARIA, NIKOS, OTHER, PETROS, ZOI, Movers
from sync_world import World

B = f"shared:{OTHER}"


@pytest.fixture
def twice(sharing: World) -> Movers:
    """Maria opted out of the first audience, Zoi out of the second one. NEWS has its own now."""
    moved = Movers(sharing, NAME, OTHER, "NEWS")
    sharing.act(ZOI, "unsubscribe", B)
    sync_each(sharing)
    moved.to = None
    moved.move()
    assert moved.of("NEWS") == {NIKOS, PETROS}
    return moved


@pytest.mark.parametrize(
    ("which", "path"),
    [(CODE, "members"), (B, "segments/*/members")],
    ids=["first", "second"],
)
def test_one_of_them_cannot_be_read_at_first(
    sharing: World, twice: Movers, which: str, path: str
) -> None:
    broken = audience_of(sharing, which)
    sharing.forget_ledger()
    trouble = {"kind": "503", "count": 10**4, "path": f"/lists/{broken}/{path}"}
    sharing.sandbox.control("POST", "faults", {"next": [trouble]})
    with suppress(ProviderError):
        sharing.push(sharing.stage(), "NEWS", options=UNGUARDED)
    assert last_run(sharing, "NEWS")["state"] == "failed"
    sharing.sandbox.control("POST", "faults", {"clear": True})

    sync_each(sharing, 2)

    assert twice.of("NEWS") == {NIKOS, PETROS}
    for one in (MARIA, ZOI):
        assert quarantine(sharing)["NEWS", twice.people[one]] == "suppressed_unsubscribed"


def test_a_preview_finds_them_all(sharing: World, twice: Movers) -> None:
    sharing.forget_ledger()
    staging_id = sharing.stage(dry_run=True)
    result = sharing.push(staging_id, "NEWS", options=UNGUARDED)

    assert result.state == "dry_run", result
    planned = rows(
        sharing,
        "select contact_id, action from staging.plan where staging_id = %s"
        " and action not in ('unchanged', 'update') order by contact_id",
        staging_id,
    )
    assert planned == [
        {"contact_id": twice.people[one], "action": "quarantine"} for one in (MARIA, ZOI)
    ]
    sync_each(sharing, 2)
    assert twice.of("NEWS") == {NIKOS, PETROS}
    twice.assert_quiet()


def test_two_losses_in_a_row(sharing: World, twice: Movers) -> None:
    for _ in range(2):
        sharing.forget_ledger()
        sync_each(sharing)
    sync_each(sharing, 2)

    assert twice.of("NEWS") == {NIKOS, PETROS}


def test_there_and_back(sharing: World) -> None:
    """Two audiences were its own. Until a person names one, nobody is removed from either."""
    moved = Movers(sharing, None, NAME, "NEWS")
    first = rows(sharing, "select list_id from sync.former_audience")[0]["list_id"]
    sharing.act(ZOI, "unsubscribe", CODE)
    sync_each(sharing)
    moved.to = None
    moved.move()
    own = audience_of(sharing, "NEWS")
    before = {one: moved.in_audience(one) for one in (first, own)}
    assert before[own] == {NIKOS: "subscribed", PETROS: "subscribed"}
    sharing.forget_ledger()
    sync_each(sharing)
    assert last_run(sharing, "NEWS")["detail"].startswith("audience_ambiguous: ")

    change(sharing, "NEWS", provider_list_id=own)
    sync_each(sharing, 3)

    assert {one: moved.in_audience(one) for one in (first, own)} == before
    moved.assert_quiet()


@pytest.mark.parametrize("to", [OTHER])
def test_the_audience_before_is_read_in_part(sharing: World, to: str) -> None:
    """Who is archived there is known already when a call fails. Nobody is removed for that."""
    moved = Movers(sharing, NAME, to, "NEWS")
    before = audience_of(sharing)
    sharing.forget_ledger()
    path = f"/lists/{before}/abuse-reports"
    sharing.sandbox.control(
        "POST", "faults", {"next": [{"kind": "503", "count": 10**4, "path": path}]}
    )
    with suppress(ProviderError):
        sharing.push(sharing.stage(), moved.code_of("NEWS"), options=UNGUARDED)
    sharing.sandbox.control("POST", "faults", {"clear": True})

    sync_each(sharing, 2)

    assert moved.of("NEWS") == {NIKOS, ZOI, PETROS}


def test_a_preview_and_then_the_shared_audience_goes_first(sharing: World) -> None:
    """The collection is about to leave. Its members stay until they are elsewhere."""
    moved = Movers(sharing, NAME, None, "NEWS", arrive=False)
    change(sharing, "NEWS", shared_audience=None)
    sharing.forget_ledger()
    sharing.push(sharing.stage(dry_run=True), "NEWS", options=UNGUARDED)

    sharing.push(sharing.stage(), CODE, options=UNGUARDED)

    left = moved.in_audience(audience_of(sharing))
    assert left == {MARIA: "unsubscribed", **dict.fromkeys((NIKOS, ZOI, PETROS), "subscribed")}
    sync_each(sharing, 2)
    assert moved.of("NEWS") == {NIKOS, ZOI, PETROS}
