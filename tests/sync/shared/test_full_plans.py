"""The account's plan has no room for new members, and people change their collections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fresh_databases import fresh_databases
from sharing_world import CODE, NAME, last_run, tagged, with_status
from sync_world import World

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))


@pytest.fixture(params=["postgres", "debian_postgres"])
def full(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    """Three members share an audience, and the plan allows no more. On both servers."""
    column = "alter table crm.contact_collection add column shared_audience text"
    server = request.getfixturevalue(request.param)
    with fresh_databases(server, column) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        news, offers = (world.collection(code, shared_audience=NAME) for code in ("NEWS", "OFFERS"))
        zoi = world.contact(ZOI, news)
        kostas = world.contact(KOSTAS, news, offers)
        world.contact(ELENI, news, offers)
        world.sync()
        assert tagged(world, "OFFERS") == {KOSTAS, ELENI}
        mailchimp_sandbox.control("POST", "limits", {"max_contacts": 3, "over_limit": "refuse"})
        world.contact(MARIA, news)
        world.join(offers, zoi)
        world.leave(offers, kostas)
        yield world
        world.close()


def test_tags_of_members_change_though_nobody_can_be_added(full: World) -> None:
    result = full.sync()[CODE]

    assert (result.state, result.detail or "") == ("blocked", last_run(full, CODE)["detail"])
    assert (result.detail or "").startswith("contact_limit: ")
    assert with_status(full, "subscribed") == {ZOI, KOSTAS, ELENI}
    assert tagged(full, "OFFERS") == {ZOI, ELENI}
    offers = last_run(full, "OFFERS")
    # The code comes once: the page finds its words by it.
    words = (result.detail or "").removeprefix("contact_limit: ")
    assert offers["detail"].startswith(
        f"contact_limit: the audience that it shares ended blocked: {words}"
    )
    assert (offers["state"], offers["added"], offers["removed"]) == ("blocked", 1, 1)
    assert offers["detail"].startswith("contact_limit: ")

    full.sandbox.control("POST", "limits", {"max_contacts": -1})
    assert full.sync()[CODE].state == "succeeded"
    assert tagged(full, "NEWS") == {MARIA, ZOI, KOSTAS, ELENI}


def test_a_tag_that_fails_beside_it_is_named(full: World) -> None:
    """Nobody may read that the tag was changed."""
    fault = {"kind": "500", "count": 1_000, "method": "POST", "path": "/lists/*/segments/*"}
    full.sandbox.control("POST", "faults", {"next": [fault]})

    result = full.sync()[CODE]

    full.sandbox.control("POST", "faults", {"clear": True})
    assert result.state == "blocked"
    assert (result.detail or "").startswith("contact_limit: ")
    assert "of its collections failed: OFFERS" in (result.detail or "")
    assert "500" in last_run(full, "OFFERS")["detail"]
    assert tagged(full, "OFFERS") == {KOSTAS, ELENI}

    full.sync()

    assert tagged(full, "OFFERS") == {ZOI, ELENI}
