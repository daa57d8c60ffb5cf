"""The state is lost while a collection waits for another audience than the shared one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.provider import NewMember
from crm_mailchimp.sync.staging.known_collections import begin_as_new, continue_as_same
from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    audience_of,
    by_hand,
    change,
    last_run,
    quarantine,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync.shared.test_shared_state import come_back
from sync_world import World, subscriber_hash

MARIA, NIKOS, ZOI = "maria@galaxy.gr", "nikos@galaxy.gr", "zoi@galaxy.gr"
OTHER = "Άλλο κοινό"


def allow_audiences(world: World, count: int) -> None:
    """Mailchimp makes so many audiences; -1: any number."""
    world.sandbox.control("POST", "limits", {"max_audiences": count})


@pytest.fixture
def lost(sharing: World, goes_to: str | None) -> int:
    """NEWS cannot go where it is to go, and somebody took its tag from Maria; her contact."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    maria = sharing.contact(MARIA, news, offers)
    sharing.contact(NIKOS, news, offers)
    sharing.contact(ZOI, news)
    sync_each(sharing, 2)
    allow_audiences(sharing, 1)
    change(sharing, "NEWS", shared_audience=goes_to)
    sync_each(sharing)
    by_hand(sharing, "NEWS", MARIA, "taken")
    sharing.forget_ledger()
    sync_each(sharing, 2)
    # Zoi is a member by NEWS alone.
    assert with_status(sharing, "subscribed") == {MARIA, NIKOS, ZOI}
    assert "NEWS has another audience now" in last_run(sharing, CODE)["detail"]
    return maria


@pytest.mark.parametrize("goes_to", [None, OTHER])
def test_members_stay_until_the_collection_is_there(
    sharing: World, lost: int, goes_to: str | None
) -> None:
    allow_audiences(sharing, -1)
    sync_each(sharing, 2)

    code = "NEWS" if goes_to is None else f"shared:{goes_to}"
    assert with_status(sharing, "subscribed", code) == {NIKOS, ZOI}
    assert quarantine(sharing)["NEWS", lost] == "suppressed_archived"
    sync_each(sharing)
    assert with_status(sharing, "subscribed") == {MARIA, NIKOS}


@pytest.mark.parametrize("goes_to", [None])
def test_a_tag_that_is_given_while_it_waits_counts(sharing: World, lost: int) -> None:
    assert lost
    by_hand(sharing, "NEWS", MARIA, "given")
    allow_audiences(sharing, -1)
    sync_each(sharing, 2)

    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, NIKOS, ZOI}


@pytest.mark.parametrize("goes_to", [None])
def test_a_collection_that_stays_after_all(sharing: World, lost: int) -> None:
    change(sharing, "NEWS", shared_audience=NAME)
    sync_each(sharing, 3)

    assert tagged(sharing, "NEWS") == {NIKOS, ZOI}
    assert quarantine(sharing) == {("NEWS", lost): "suppressed_archived"}
    by_hand(sharing, "NEWS", MARIA, "given")
    sync_each(sharing, 2)
    assert tagged(sharing, "NEWS") == {MARIA, NIKOS, ZOI}


@pytest.mark.parametrize("goes_to", [None])
def test_the_way_back_ends_it_after_the_arrival(sharing: World, lost: int) -> None:
    allow_audiences(sharing, -1)
    sync_each(sharing, 3)
    assert quarantine(sharing) == {("NEWS", lost): "suppressed_archived"}

    change(sharing, "NEWS", shared_audience=NAME)
    sync_each(sharing, 2)
    assert tagged(sharing, "NEWS") == {NIKOS, ZOI}
    by_hand(sharing, "NEWS", MARIA, "given")
    sync_each(sharing, 2)
    change(sharing, "NEWS", shared_audience=None)
    sync_each(sharing, 2)

    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, NIKOS, ZOI}
    assert quarantine(sharing) == {}


@pytest.mark.parametrize("goes_to", [None, OTHER])
def test_a_tag_that_is_taken_right_after_the_first_look(
    sharing: World, goes_to: str | None
) -> None:
    """The collection's own run looked, and the shared audience had no run since the loss."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    sharing.contact(MARIA, news, offers)
    nikos = sharing.contact(NIKOS, news, offers)
    sharing.contact(ZOI, news)
    sync_each(sharing, 2)
    allow_audiences(sharing, 1)
    change(sharing, "NEWS", shared_audience=goes_to)
    sync_each(sharing)
    shared_audience = audience_of(sharing)
    sharing.forget_ledger()
    code = "NEWS" if goes_to is None else f"shared:{goes_to}"
    with suppress(ProviderError):
        sharing.push(sharing.stage(), code, options=UNGUARDED)
    assert rows(sharing, "select from sync.collection_run where collection_code = %s", CODE) == []
    with sharing.provider() as provider:
        (tag,) = [one for one in provider.tags(shared_audience) if "NEWS" in one.name]
        assert provider.take_tag(shared_audience, tag.tag_id, subscriber_hash(NIKOS))

    allow_audiences(sharing, -1)
    sync_each(sharing, 3)

    assert with_status(sharing, "subscribed", code) == {MARIA, ZOI}
    assert quarantine(sharing) == {("NEWS", nikos): "suppressed_archived"}


@pytest.mark.parametrize("moved", [(), (NIKOS,)])
def test_an_audience_without_all_of_them_is_no_arrival(
    sharing: World, moved: tuple[str, ...]
) -> None:
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    maria = sharing.contact(MARIA, news, offers)
    sharing.contact(NIKOS, news, offers)
    sharing.contact(ZOI, news)
    sync_each(sharing, 2)
    sharing.sandbox.control("POST", "limits", {"max_contacts": 3, "over_limit": "refuse"})
    change(sharing, "NEWS", shared_audience=None)
    sync_each(sharing)
    assert last_run(sharing, "NEWS")["detail"].startswith("contact_limit: ")
    by_hand(sharing, "NEWS", MARIA, "taken")
    if moved:
        # As a run that was killed after its first call: no ledger is left that would know.
        sharing.sandbox.control("POST", "limits", {"max_contacts": -1})
        with sharing.provider() as provider:
            new = [
                NewMember(email_address=one, status="subscribed", merge_fields={}) for one in moved
            ]
            provider.add_members(audience_of(sharing, "NEWS"), new)
        sharing.sandbox.control("POST", "limits", {"max_contacts": 4, "over_limit": "refuse"})
    sharing.forget_ledger()
    sync_each(sharing, 2)

    # Zoi is a member by NEWS alone, and is nowhere else.
    assert with_status(sharing, "subscribed") == {MARIA, NIKOS, ZOI}
    assert with_status(sharing, "subscribed", "NEWS") == set(moved)
    sharing.sandbox.control("POST", "limits", {"max_contacts": -1})
    sync_each(sharing, 2)
    assert with_status(sharing, "subscribed", "NEWS") == {NIKOS, ZOI}
    assert quarantine(sharing)["NEWS", maria] == "suppressed_archived"
    sync_each(sharing)
    assert with_status(sharing, "subscribed") == {MARIA, NIKOS}


@pytest.mark.parametrize("decision", [continue_as_same, begin_as_new])
def test_the_collection_gets_another_id_meanwhile(sharing: World, decision: Any) -> None:
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    maria = sharing.contact(MARIA, news, offers)
    sharing.contact(NIKOS, news, offers)
    sharing.contact(ZOI, news)
    sync_each(sharing, 2)
    allow_audiences(sharing, 1)
    change(sharing, "NEWS", shared_audience=None)
    sync_each(sharing)
    by_hand(sharing, "NEWS", MARIA, "taken")
    sharing.forget_ledger()
    sync_each(sharing)
    come_back(sharing, news, 900)
    sync_each(sharing)
    assert last_run(sharing, "NEWS")["detail"].startswith("collection_replaced: ")
    with sharing.connect(sharing.warehouse_dsn) as warehouse:
        assert decision(warehouse, "NEWS") == (news, 900)
    sync_each(sharing, 2)
    assert with_status(sharing, "subscribed") == {MARIA, NIKOS, ZOI}
    allow_audiences(sharing, -1)
    sync_each(sharing, 3)

    assert with_status(sharing, "subscribed", "NEWS") == {NIKOS, ZOI}
    assert quarantine(sharing)["NEWS", maria] == "suppressed_archived"
