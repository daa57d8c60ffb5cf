"""After a loss of the state nobody is given a tag that somebody may have taken by hand."""

from __future__ import annotations

import pytest

from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    act,
    by_hand,
    change,
    last_run,
    quarantine,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS = "maria@galaxy.gr", "zoi@galaxy.gr", "kostas@galaxy.gr"


@pytest.fixture
def ids(sharing: World) -> dict[str, int]:
    """Contacts by address; Zoi is in both collections."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    made = {
        "NEWS": news,
        MARIA: sharing.contact(MARIA, news, first_name="Μαρία"),
        ZOI: sharing.contact(ZOI, news, offers, first_name="Ζωή"),
        KOSTAS: sharing.contact(KOSTAS, offers, first_name="Κώστας"),
    }
    sharing.sync(options=UNGUARDED)
    return made


@pytest.mark.parametrize("was_noticed", [False, True])
def test_it_is_not_given_again(sharing: World, ids: dict[str, int], was_noticed: bool) -> None:
    by_hand(sharing, "NEWS", ZOI, "taken")
    if was_noticed:
        sharing.sync(options=UNGUARDED)
    sharing.forget_ledger()

    sharing.sync(options=UNGUARDED)
    assert "is missing at 1 member" in last_run(sharing, "NEWS")["detail"]
    for _ in range(2):
        assert tagged(sharing, "NEWS") == {MARIA}
        assert quarantine(sharing) == {("NEWS", ids[ZOI]): "suppressed_archived"}
        sharing.sync(options=UNGUARDED)
    assert tagged(sharing, "OFFERS") == {ZOI, KOSTAS}
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS}

    by_hand(sharing, "NEWS", ZOI, "given")
    sharing.sync(options=UNGUARDED)
    assert tagged(sharing, "NEWS") == {MARIA, ZOI}
    assert quarantine(sharing) == {}


def test_it_holds_at_another_address_and_under_another_id(
    sharing: World, ids: dict[str, int]
) -> None:
    by_hand(sharing, "NEWS", ZOI, "taken")
    sharing.forget_ledger()
    sharing.sync(options=UNGUARDED)

    sharing.change_contact(ids[ZOI], email="zoi.nea@galaxy.gr")
    sharing.sync(options=UNGUARDED)
    assert tagged(sharing, "NEWS") == {MARIA}
    survivor = sharing.contact("zoi.allou@galaxy.gr", ids["NEWS"], first_name="Ζωή")
    sharing.change_contact(ids[ZOI], merged_into_id=survivor)
    for _ in range(2):
        sharing.sync(options=UNGUARDED)
    assert tagged(sharing, "NEWS") == {MARIA}


def test_a_changed_address_and_the_loss(sharing: World, ids: dict[str, int]) -> None:
    """CRMREF says who the member is, though the CRM has another address."""
    by_hand(sharing, "NEWS", ZOI, "taken")
    sharing.change_contact(ids[ZOI], email="zoi.nea@galaxy.gr")
    sharing.forget_ledger()

    for _ in range(2):
        sharing.sync(options=UNGUARDED)
    assert tagged(sharing, "NEWS") == {MARIA}


def test_who_is_new_in_the_audience_is_tagged(sharing: World, ids: dict[str, int]) -> None:
    """Of those nobody can have taken the tag: they were no members of ours."""
    act(sharing, "eleni@galaxy.gr", "subscribe")
    sharing.contact("eleni@galaxy.gr", ids["NEWS"], first_name="Ελένη")
    sharing.contact("nikos@galaxy.gr", ids["NEWS"], first_name="Νίκος")
    sharing.forget_ledger()

    for _ in range(2):
        sharing.sync(options=UNGUARDED)

    assert tagged(sharing, "NEWS") == {MARIA, ZOI, "eleni@galaxy.gr", "nikos@galaxy.gr"}
    assert quarantine(sharing) == {}


def test_who_joined_another_collection_since_waits_for_a_person(
    sharing: World, ids: dict[str, int]
) -> None:
    """Nobody can tell such a member from one whose tag was taken."""
    sharing.join(ids["NEWS"], ids[KOSTAS])
    sharing.forget_ledger()

    for _ in range(2):
        sharing.sync(options=UNGUARDED)
    assert tagged(sharing, "NEWS") == {MARIA, ZOI}
    assert quarantine(sharing) == {("NEWS", ids[KOSTAS]): "suppressed_archived"}

    # Who joins after that gets the tag at once.
    late = sharing.contact("late@galaxy.gr", ids["NEWS"], first_name="Λένα")
    assert late
    by_hand(sharing, "NEWS", KOSTAS, "given")
    sharing.sync(options=UNGUARDED)
    assert tagged(sharing, "NEWS") == {MARIA, ZOI, KOSTAS, "late@galaxy.gr"}
    assert last_run(sharing, CODE)["state"] == "succeeded"


@pytest.mark.parametrize("looks", [1, 2])
def test_a_tag_that_the_sync_took_after_the_loss_was_not_taken_by_hand(
    sharing: World, ids: dict[str, int], looks: int
) -> None:
    """While nobody knows the collection's category, a withdrawal of any one takes the tag."""
    sharing.consent(ids[ZOI], category="offer", granted=False)
    change(sharing, "NEWS", campaign_type=None)
    sharing.forget_ledger()
    for _ in range(looks):
        sharing.sync(options=UNGUARDED)
    assert tagged(sharing, "NEWS") == {MARIA}

    change(sharing, "NEWS", campaign_type="NEWS")
    sharing.sync(options=UNGUARDED)

    assert tagged(sharing, "NEWS") == {MARIA, ZOI}
    assert quarantine(sharing) == {}
