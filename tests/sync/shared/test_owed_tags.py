"""A member is added, and the call that gives the tag never comes. Its collection keeps it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sharing_world import NAME, audience_of, change, last_run, sync_each, tagged, with_status
from sync_world import World

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))


class KilledError(Exception):
    """The run dies."""


def fail(world: World) -> None:
    """Mailchimp fails to give any tag."""
    fault = {"kind": "500", "count": 1_000, "method": "POST", "path": "/lists/*/segments*"}
    world.sandbox.control("POST", "faults", {"next": [fault]})
    sync_each(world)
    world.sandbox.control("POST", "faults", {"clear": True})
    assert last_run(world, "NEWS")["state"] == "failed"


def kill(world: World) -> None:
    """The run dies as soon as members are added."""
    added: list[str] = []

    def die(what: str) -> None:
        if added:
            raise KilledError(what)
        if what == "POST /lists/{list_id}":
            added.append(what)

    world.calls.reset(before=die)
    with pytest.raises(KilledError):
        sync_each(world)
    world.calls.reset()


def put_away(world: World, news: int, how: str) -> None:
    if how == "inactive":
        change(world, "NEWS", is_active=False)
    else:
        for table in ("collection_member", "contact_collection"):
            world.crm.execute(f"delete from crm.{table} where collection_id = %s", (news,))


@pytest.mark.parametrize("how", ["inactive", "deleted"])
@pytest.mark.parametrize("stop", [fail, kill])
def test_a_collection_that_is_away_keeps_who_was_added_for_it(
    sharing: World, stop: Callable[[World], None], how: str
) -> None:
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    sharing.contact(MARIA, news)
    zoi = sharing.contact(ZOI, offers)
    sharing.contact(KOSTAS, offers)
    sync_each(sharing)
    eleni = sharing.contact(ELENI, news)
    stop(sharing)
    assert ELENI in with_status(sharing, "subscribed")
    assert tagged(sharing, "NEWS") == {MARIA}

    put_away(sharing, news, how)
    sharing.leave(offers, zoi)
    sync_each(sharing, 2)

    assert with_status(sharing, "subscribed") == {MARIA, KOSTAS, ELENI}
    assert with_status(sharing, "archived") == {ZOI}, "nobody else stays because of it"

    sharing.regrant(eleni, granted=False)
    sync_each(sharing)
    assert with_status(sharing, "unsubscribed") == {ELENI}


@pytest.mark.parametrize("stop", [fail, kill])
def test_a_new_audience_keeps_them_too(sharing: World, stop: Callable[[World], None]) -> None:
    """Not one of its tags is made yet."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    sharing.contact(MARIA, news)
    sharing.contact(ZOI, offers)
    stop(sharing)
    assert with_status(sharing, "subscribed") == {MARIA, ZOI}
    list_id = audience_of(sharing)

    put_away(sharing, news, "inactive")
    sync_each(sharing, 2)

    assert with_status(sharing, "subscribed") == {MARIA, ZOI}

    change(sharing, "NEWS", is_active=True)
    sync_each(sharing)
    assert tagged(sharing, "NEWS") == {MARIA}
    assert audience_of(sharing) == list_id


def test_as_soon_as_all_have_the_tag_who_leaves_is_archived(sharing: World) -> None:
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    sharing.contact(MARIA, news)
    sharing.contact(KOSTAS, offers)
    sync_each(sharing)
    sharing.contact(ELENI, news)
    fail(sharing)
    sync_each(sharing)
    assert tagged(sharing, "NEWS") == {MARIA, ELENI}
    put_away(sharing, news, "inactive")
    zoi = sharing.contact(ZOI, offers)
    sync_each(sharing)
    sharing.leave(offers, zoi)

    sync_each(sharing)

    assert with_status(sharing, "archived") == {ZOI}
    assert with_status(sharing, "subscribed") == {MARIA, KOSTAS, ELENI}
