"""Somebody gives a collection's tag by hand in Mailchimp: the run says so, and what happens."""

from __future__ import annotations

from contextlib import suppress

import pytest

from crm_mailchimp.errors import ProviderError
from sharing_world import NAME, UNGUARDED, by_hand, last_run, rows, sync_each, tagged
from sync_world import World

MARIA, KOSTAS, ZOI = "maria@galaxy.gr", "kostas@galaxy.gr", "zoi@galaxy.gr"
_STATE = ("audience", "audience_use", "audience_look", "member", "tag", "tag_member", "merge_field",
          "consent_proof", "collection_run", "known_collection")  # fmt: skip


@pytest.fixture
def people(sharing: World) -> dict[str, int]:
    """Kostas is in both collections, Maria in NEWS alone, Zoi in OFFERS alone."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    found = {
        "news": news,
        "offers": offers,
        "maria": sharing.contact(MARIA, news),
        "kostas": sharing.contact(KOSTAS, news, offers),
        "zoi": sharing.contact(ZOI, offers),
    }
    sync_each(sharing, 2)
    assert said(sharing) == []
    return found


def said(world: World) -> list[str]:
    """What the runs say of tags that somebody changed, by collection, in order."""
    found = rows(
        world,
        "select collection_code || ' ' || detail as words from sync.collection_run"
        " where detail like '%%by hand%%' order by started_at, collection_code",
    )
    return [str(row["words"]) for row in found]


def test_who_is_not_in_the_collection_loses_it_again(
    sharing: World, people: dict[str, int]
) -> None:
    by_hand(sharing, "OFFERS", MARIA, "given")

    sync_each(sharing, 2)

    (words,) = said(sharing)
    assert words.startswith("OFFERS somebody gave the tag by hand to 1 member in Mailchimp. ")
    assert "loses it again" in words
    assert "If the CRM does not have the person in the collection, add the person there" in words
    assert tagged(sharing, "OFFERS") == {KOSTAS, ZOI}


def test_several_are_counted_and_who_is_in_the_collection_keeps_it(
    sharing: World, people: dict[str, int]
) -> None:
    by_hand(sharing, "OFFERS", MARIA, "given")
    by_hand(sharing, "NEWS", ZOI, "given")
    sharing.join(people["offers"], people["maria"])
    sharing.join(people["news"], people["zoi"])
    sharing.contact("eleni@galaxy.gr", people["news"])

    sync_each(sharing, 2)

    assert [words[:48] for words in said(sharing)] == [
        "NEWS somebody gave the tag by hand to 1 member i",
        "OFFERS somebody gave the tag by hand to 1 member",
    ]
    assert tagged(sharing, "OFFERS") == {KOSTAS, ZOI, MARIA}
    assert tagged(sharing, "NEWS") == {KOSTAS, ZOI, MARIA, "eleni@galaxy.gr"}


def test_a_tag_that_is_given_back_is_named_too(sharing: World, people: dict[str, int]) -> None:
    by_hand(sharing, "OFFERS", KOSTAS, "taken")
    sync_each(sharing)
    assert last_run(sharing, "OFFERS")["detail"].count("by hand") == 1
    by_hand(sharing, "OFFERS", KOSTAS, "given")

    sync_each(sharing)

    words = last_run(sharing, "OFFERS")["detail"]
    assert "somebody gave the tag by hand to 1 member" in words
    assert "So add the person" not in words, "the CRM has the person already"
    assert tagged(sharing, "OFFERS") == {KOSTAS, ZOI}


def test_what_the_sync_does_is_nobodys_hand(sharing: World, people: dict[str, int]) -> None:
    sharing.join(people["offers"], people["maria"])
    sharing.leave(people["offers"], people["kostas"])
    sync_each(sharing)
    sharing.join(people["offers"], people["kostas"])
    sharing.regrant(people["zoi"], granted=False)
    sync_each(sharing)
    sync_each(sharing)

    assert tagged(sharing, "OFFERS") == {MARIA, KOSTAS}
    assert said(sharing) == []


@pytest.mark.parametrize("lost", (5, 6, 7))
def test_a_tag_whose_answer_was_lost_is_nobodys_hand(shared: World, lost: int) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact(MARIA, news)
    shared.contact(KOSTAS, news, offers)
    sync_each(shared, 2)
    shared.join(offers, maria)
    zoi = shared.contact(ZOI, offers)
    shared.calls.reset(lost=lost)
    with suppress(ProviderError):
        shared.sync(options=UNGUARDED)
    assert len(shared.calls.made) >= lost
    shared.calls.reset()
    shared.leave(offers, zoi)

    sync_each(shared, 2)

    assert tagged(shared, "OFFERS") == {MARIA, KOSTAS}
    assert said(shared) == []


def test_after_a_loss_of_the_state_nobody_gave_it(sharing: World, people: dict[str, int]) -> None:
    by_hand(sharing, "OFFERS", MARIA, "given")
    for table in _STATE:
        sharing.warehouse.execute(f"delete from sync.{table}")

    sync_each(sharing, 2)

    assert tagged(sharing, "OFFERS") == {KOSTAS, ZOI}
    assert [words for words in said(sharing) if "gave the tag" in words] == []


def test_a_run_that_dies_when_it_has_given_the_tag(sharing: World, people: dict[str, int]) -> None:
    sharing.join(people["offers"], people["maria"])

    def die(call: str) -> None:
        if call == "POST /lists/{list_id}/segments/{segment_id}":
            by_hand(sharing, "OFFERS", MARIA, "given")  # the call arrives
            raise KeyboardInterrupt

    sharing.calls.reset(before=die)
    with pytest.raises(KeyboardInterrupt):
        sharing.sync(options=UNGUARDED)
    sharing.calls.reset()

    sync_each(sharing, 2)

    assert tagged(sharing, "OFFERS") == {KOSTAS, ZOI, MARIA}
    assert said(sharing) == []
