"""Which audience of Mailchimp the collections mean that share one (``provider_list_id``)."""

from __future__ import annotations

import pytest

from sharing_world import (
    CODE,
    NAME,
    audience_of,
    change,
    last_run,
    sync_each,
    tagged,
    with_status,
)
from stats.sandbox_world import SETTINGS
from sync_world import World

MARIA, ZOI, KOSTAS = "maria@galaxy.gr", "zoi@galaxy.gr", "kostas@galaxy.gr"


@pytest.fixture
def loose(sharing: World) -> World:
    """The CRM's rows may be unreadable."""
    sharing.crm.execute("alter table crm.contact_collection alter column is_shared drop not null")
    return sharing


def audience_by_hand(world: World) -> str:
    """Somebody makes an empty audience in Mailchimp."""
    with world.provider() as provider:
        return provider.create_audience(SETTINGS).list_id


def number_of_audiences(world: World) -> int:
    with world.provider() as provider:
        return len(list(provider.audiences()))


def test_the_one_that_an_unreadable_row_names_counts_in_the_first_run(loose: World) -> None:
    """Otherwise another one is made, and all people move when the row is corrected."""
    list_id = audience_by_hand(loose)
    news = loose.collection("NEWS", shared_audience=NAME, provider_list_id=list_id, is_shared=None)
    offers = loose.collection("OFFERS", shared_audience=NAME)
    loose.contact(MARIA, news)
    loose.contact(ZOI, offers)
    sync_each(loose)

    assert (audience_of(loose), number_of_audiences(loose)) == (list_id, 1)
    assert with_status(loose, "subscribed") == tagged(loose, "OFFERS") == {ZOI}
    assert (last_run(loose, "NEWS")["detail"] or "").startswith("unreadable_row: ")

    change(loose, "NEWS", is_shared=True)
    sync_each(loose)
    assert (audience_of(loose), number_of_audiences(loose)) == (list_id, 1)
    assert with_status(loose, "subscribed") == {MARIA, ZOI}


def test_unreadable_rows_that_name_two_stop_the_first_run(loose: World) -> None:
    for code in ("NEWS", "CLUB"):
        loose.collection(
            code, shared_audience=NAME, provider_list_id=audience_by_hand(loose), is_shared=None
        )
    loose.contact(ZOI, loose.collection("OFFERS", shared_audience=NAME))
    sync_each(loose)

    assert (last_run(loose, "OFFERS")["detail"] or "").startswith("shared_audience_conflict: ")
    assert number_of_audiences(loose) == 2

    change(loose, "CLUB", provider_list_id=None)
    sync_each(loose)
    assert with_status(loose, "subscribed") == {ZOI}
    assert number_of_audiences(loose) == 2


def test_an_unreadable_row_moves_nobody(loose: World) -> None:
    news = loose.collection("NEWS", shared_audience=NAME)
    offers = loose.collection("OFFERS", shared_audience=NAME)
    loose.contact(MARIA, news)
    loose.contact(ZOI, offers)
    sync_each(loose)
    list_id = audience_of(loose)

    change(loose, "NEWS", is_shared=None, provider_list_id=audience_by_hand(loose))
    sync_each(loose, 2)

    assert (audience_of(loose), last_run(loose, CODE)["state"]) == (list_id, "succeeded")
    assert with_status(loose, "subscribed") == {MARIA, ZOI}


@pytest.fixture
def joining(sharing: World) -> str:
    """OFFERS shares an audience. NEWS joins it, and still names the audience that it had."""
    before = audience_by_hand(sharing)
    news = sharing.collection("NEWS", provider_list_id=before)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    sharing.contact(MARIA, news)
    sharing.contact(ZOI, offers)
    sync_each(sharing)
    change(sharing, "NEWS", shared_audience=NAME)
    return before


@pytest.mark.parametrize("campaign_type", ["NEWS", None])
def test_who_joins_moves_no_others_by_an_entry_of_before(
    sharing: World, joining: str, campaign_type: str | None
) -> None:
    list_id = audience_of(sharing)
    change(sharing, "NEWS", campaign_type=campaign_type)
    sync_each(sharing, 3)

    assert (audience_of(sharing), last_run(sharing, CODE)["state"]) == (list_id, "succeeded")
    assert last_run(sharing, "NEWS")["state"] == "blocked"
    assert with_status(sharing, "subscribed") == tagged(sharing, "OFFERS") == {ZOI}
    with sharing.provider() as provider:
        assert {one.email_address for one in provider.members(joining)} == {MARIA}

    change(sharing, "NEWS", provider_list_id=None, campaign_type="NEWS")
    sync_each(sharing)
    assert (audience_of(sharing), last_run(sharing, "NEWS")["state"]) == (list_id, "succeeded")
    assert with_status(sharing, "subscribed") == {MARIA, ZOI}
    assert tagged(sharing, "NEWS") == {MARIA}


def test_all_move_if_a_collection_of_the_audience_names_it_too(
    sharing: World, joining: str
) -> None:
    sync_each(sharing)
    detail = last_run(sharing, "NEWS")["detail"] or ""
    assert detail.startswith("shared_audience_conflict: it names audience ")

    change(sharing, "OFFERS", provider_list_id=joining)
    sync_each(sharing)

    assert audience_of(sharing) == joining
    assert with_status(sharing, "subscribed") == {MARIA, ZOI}
