"""A collection that cannot be synced stops none of those that share its audience."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fresh_databases import fresh_databases
from sharing_world import CODE, NAME, audience_of, last_run, tagged, with_status
from stats.sandbox_world import SETTINGS
from sync_world import World

MARIA, ZOI = "maria@galaxy.gr", "zoi@galaxy.gr"


@pytest.fixture(params=["postgres", "debian_postgres"])
def sharing(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    """The CRM of a shared audience with marketing permissions, on both servers."""
    columns = [
        f"alter table crm.contact_collection add column {name} text"
        for name in ("shared_audience", "marketing_permission")
    ]
    server = request.getfixturevalue(request.param)
    with fresh_databases(server, *columns) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


def change(world: World, code: str, **columns: object) -> None:
    for name, value in columns.items():
        world.crm.execute(
            f"update crm.contact_collection set {name} = %s where code = %s", (value, code)
        )


def audience_by_hand(world: World) -> str:
    """Somebody makes an empty audience in Mailchimp."""
    with world.provider() as provider:
        return provider.create_audience(SETTINGS).list_id


def test_its_marketing_permission_is_in_conflict_with_nobodys(sharing: World) -> None:
    news = sharing.collection("NEWS", shared_audience=NAME, marketing_permission="Email")
    offers = sharing.collection("OFFERS", shared_audience=NAME, campaign_type=None)
    sharing.contact(MARIA, news)
    sharing.contact(ZOI, offers)

    assert sharing.sync()[CODE].state == "succeeded"

    assert tagged(sharing, "NEWS") == with_status(sharing, "subscribed") == {MARIA}
    assert last_run(sharing, "NEWS")["state"] == "succeeded"
    assert last_run(sharing, "OFFERS")["state"] == "blocked"
    assert not (last_run(sharing, "OFFERS")["detail"] or "").startswith("shared_audience_conflict")

    change(sharing, "OFFERS", campaign_type="NEWS")
    sharing.sync()

    for code in (CODE, "NEWS", "OFFERS"):
        assert (last_run(sharing, code)["detail"] or "").startswith("shared_audience_conflict: ")
    assert with_status(sharing, "subscribed") == {MARIA}


def test_the_audience_that_it_names_counts_if_no_other_names_any(sharing: World) -> None:
    """Its people and the others' are in one audience before it breaks, and after."""
    theirs = audience_by_hand(sharing)
    news = sharing.collection("NEWS", shared_audience=NAME)
    sharing.collection("OFFERS", shared_audience=NAME, provider_list_id=theirs, campaign_type=None)
    sharing.contact(MARIA, news)

    assert sharing.sync()[CODE].state == "succeeded"

    assert audience_of(sharing) == theirs
    assert with_status(sharing, "subscribed") == {MARIA}


def test_the_audience_that_it_names_counts_beside_no_other(sharing: World) -> None:
    ours, theirs = audience_by_hand(sharing), audience_by_hand(sharing)
    news = sharing.collection("NEWS", shared_audience=NAME, provider_list_id=ours)
    sharing.collection("OFFERS", shared_audience=NAME, provider_list_id=theirs, campaign_type=None)
    sharing.contact(MARIA, news)

    assert sharing.sync()[CODE].state == "succeeded"

    assert (audience_of(sharing), sharing.sync()[CODE].state) == (ours, "succeeded")
    assert with_status(sharing, "subscribed") == {MARIA}

    change(sharing, "OFFERS", campaign_type="NEWS")

    assert sharing.sync()[CODE].state == "blocked"
    assert last_run(sharing, "NEWS")["detail"].startswith("shared_audience_conflict: ")


def test_two_broken_ones_that_name_different_audiences_stop_the_others(sharing: World) -> None:
    """Nobody knows which audience is meant, and people must not be added to a wrong one."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    for code in ("OFFERS", "CLUB"):
        sharing.collection(
            code,
            shared_audience=NAME,
            provider_list_id=audience_by_hand(sharing),
            campaign_type=None,
        )
    sharing.contact(MARIA, news)

    assert sharing.sync()[CODE].state == "blocked"

    assert last_run(sharing, "NEWS")["detail"].startswith("shared_audience_conflict: ")
    change(sharing, "CLUB", provider_list_id=None)
    assert sharing.sync()[CODE].state == "succeeded"
    assert with_status(sharing, "subscribed") == {MARIA}
