"""Mailchimp keeps the tags of members that are removed, and shows them when the members are back.

Nobody comes back with the tag of a collection that they left or refused, in whatever state it is.
"""

from __future__ import annotations

import pytest

from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.pace import Polling
from sharing_world import (
    CODE,
    NAME,
    act,
    audience_of,
    change,
    last_run,
    quarantine,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World, subscriber_hash

MARIA, ZOI, KOSTAS = "maria@galaxy.gr", "zoi@galaxy.gr", "kostas@galaxy.gr"
ADD = "POST /lists/{list_id}"
CHANGE_TAG = "POST /lists/{list_id}/segments/{segment_id}"
TAKE_ONE = "DELETE /lists/{list_id}/segments/{segment_id}/members/{subscriber_hash}"
NEWS, OFFERS = "Συλλογή NEWS (NEWS)", "Συλλογή OFFERS (OFFERS)"


def fill(world: World) -> tuple[int, int, int]:
    """Maria is in NEWS alone; ids of NEWS, of OFFERS and of her contact."""
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    maria = world.contact(MARIA, news)
    world.contact(ZOI, news)
    world.contact(KOSTAS, offers)
    sync_each(world)
    assert tagged(world, "NEWS") == {MARIA, ZOI}
    return news, offers, maria


def fill_two_categories(world: World) -> tuple[int, int, int]:
    """Maria is in NEWS and in OFFERS, of another category; ids as before."""
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME, campaign_type="OFFER")
    maria = world.contact(MARIA, news, offers)
    world.consent(maria, category="offer")
    world.contact(ZOI, news)
    world.contact(KOSTAS, offers, consent="offer")
    sync_each(world)
    assert carried(world, MARIA) == {NEWS, OFFERS}
    return news, offers, maria


def carried(world: World, email: str) -> set[str]:
    """Names of the tags that a member has in Mailchimp, whatever its status."""
    with world.provider() as provider:
        answer = provider.client.lists.get_list_member_tags(
            audience_of(world), subscriber_hash(email)
        )
    return {tag["name"] for tag in answer["tags"]}


def put_away(world: World, how: str) -> None:
    """NEWS looks after its tag no more."""
    if how == "inactive":
        change(world, "NEWS", is_active=False)
    elif how == "blocked":
        change(world, "NEWS", campaign_type=None)
    elif how == "failed":
        change(world, "NEWS", is_static=False, query_text="select 1 from nowhere")
    else:
        for table in ("collection_member", "contact_collection"):
            world.crm.execute(f"delete from crm.{table} where collection_id = 1")


def fail(world: World, method: str, path: str) -> None:
    """Mailchimp fails at every such call."""
    fault = {"kind": "500", "count": 1_000, "method": method, "path": path}
    world.sandbox.control("POST", "faults", {"next": [fault]})


def heal(world: World) -> None:
    world.sandbox.control("POST", "faults", {"clear": True})


def archive_with_tag(world: World, news: int, maria: int) -> None:
    """Maria leaves NEWS, and Mailchimp fails to take its tag."""
    world.leave(news, maria)
    fail(world, "POST", "/lists/*/segments/*")
    sync_each(world)
    heal(world)
    assert with_status(world, "archived") == {MARIA}
    assert carried(world, MARIA) == {NEWS}
    assert last_run(world, "NEWS")["state"] == "failed"


@pytest.mark.parametrize("how", ["inactive", "blocked", "failed", "deleted"])
def test_who_left_comes_back_by_another_collection(sharing: World, how: str) -> None:
    news, offers, maria = fill(sharing)
    sharing.leave(news, maria)
    sync_each(sharing)
    assert with_status(sharing, "archived") == {MARIA}
    assert carried(sharing, MARIA) == set()

    put_away(sharing, how)
    sharing.join(offers, maria)
    sync_each(sharing)

    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS}
    assert carried(sharing, MARIA) == {OFFERS}
    assert tagged(sharing, "NEWS") == {ZOI}


@pytest.mark.parametrize("how", ["inactive", "blocked", "deleted"])
def test_a_tag_that_a_failed_call_left_goes_before_she_is_subscribed(
    sharing: World, how: str
) -> None:
    news, offers, maria = fill(sharing)
    archive_with_tag(sharing, news, maria)
    put_away(sharing, how)
    sharing.join(offers, maria)
    at_return: list[set[str]] = []

    def look(what: str) -> None:
        if what == ADD:
            at_return.append(carried(sharing, MARIA))

    sharing.calls.reset(before=look)
    sync_each(sharing)

    assert at_return == [set()]
    assert sharing.calls.made.count(TAKE_ONE) == 1
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS}
    assert carried(sharing, MARIA) == {OFFERS}


def test_she_waits_while_the_tag_cannot_be_taken(sharing: World) -> None:
    news, offers, maria = fill(sharing)
    archive_with_tag(sharing, news, maria)
    put_away(sharing, "inactive")
    sharing.join(offers, maria)
    eleni = "eleni@galaxy.gr"
    sharing.contact(eleni, offers)
    fail(sharing, "DELETE", "/lists/*/segments/*/members/*")

    sync_each(sharing)

    heal(sharing)
    assert with_status(sharing, "archived") == {MARIA}
    assert tagged(sharing, "OFFERS") == {KOSTAS, eleni}, "she holds up nobody else"
    assert quarantine(sharing) == {("OFFERS", maria): "rejected_by_mailchimp"}
    assert f"contacts {maria}" in last_run(sharing, CODE)["detail"]

    sync_each(sharing)

    assert tagged(sharing, "OFFERS") == {MARIA, KOSTAS, eleni}
    assert carried(sharing, MARIA) == {OFFERS}
    assert quarantine(sharing) == {}


def test_a_member_that_an_earlier_version_archived(sharing: World) -> None:
    """It took no tags before: both sides have the tag still."""
    news, offers, maria = fill(sharing)
    sharing.leave(news, maria)
    sync_each(sharing)
    with sharing.provider() as provider:
        assert provider.give_tag(audience_of(sharing), NEWS, subscriber_hash(MARIA))
    sharing.warehouse.execute(
        "insert into sync.tag_member (list_id, collection_id, subscriber_hash, contact_id)"
        " values (%s, %s, %s, %s)",
        (audience_of(sharing), news, subscriber_hash(MARIA), maria),
    )
    put_away(sharing, "inactive")
    sharing.join(offers, maria)

    sync_each(sharing)

    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS}
    assert carried(sharing, MARIA) == {OFFERS}
    assert tagged(sharing, "NEWS") == {ZOI}


@pytest.mark.parametrize("fails", [False, True])
def test_who_comes_back_to_the_same_collection_gets_its_tag(sharing: World, fails: bool) -> None:
    news, _, maria = fill(sharing)
    if fails:
        archive_with_tag(sharing, news, maria)
    else:
        sharing.leave(news, maria)
        sync_each(sharing)
        assert with_status(sharing, "archived") == {MARIA}

    sharing.join(news, maria)
    sync_each(sharing, 2)

    assert tagged(sharing, "NEWS") == {MARIA, ZOI}
    assert carried(sharing, MARIA) == {NEWS}
    assert quarantine(sharing) == {}
    assert rows(sharing, "select kind from sync.refusal") == []


def test_tags_of_people_stay_at_the_member(sharing: World) -> None:
    news, offers, maria = fill(sharing)
    theirs = "Της Ελένης"
    with sharing.provider() as provider:
        assert provider.give_tag(audience_of(sharing), theirs, subscriber_hash(MARIA))
    sharing.leave(news, maria)
    sync_each(sharing)
    assert carried(sharing, MARIA) == {theirs}

    put_away(sharing, "inactive")
    sharing.join(offers, maria)
    sync_each(sharing)

    assert carried(sharing, MARIA) == {theirs, OFFERS}


def test_who_signs_up_again_loses_the_tag_of_a_collection_that_is_away(sharing: World) -> None:
    news, offers, maria = fill(sharing)
    archive_with_tag(sharing, news, maria)
    put_away(sharing, "inactive")
    sharing.join(offers, maria)
    act(sharing, MARIA, "subscribe")
    assert tagged(sharing, "NEWS") == {MARIA, ZOI}, "Mailchimp does that by itself"

    sync_each(sharing)

    assert tagged(sharing, "OFFERS") == {MARIA, KOSTAS}
    assert carried(sharing, MARIA) == {OFFERS}


@pytest.mark.parametrize("how", ["archived by hand", "opted out"])
def test_who_left_while_removed_signs_up_without_the_tag(sharing: World, how: str) -> None:
    """Nobody of us removed her, and the collection is inactive when she is back."""
    news, offers, maria = fill(sharing)
    if how == "opted out":
        act(sharing, MARIA, "unsubscribe")
    else:
        sharing.archive_by_hand(MARIA, CODE)
    sync_each(sharing)
    sharing.leave(news, maria)
    sync_each(sharing)
    put_away(sharing, "inactive")
    sharing.join(offers, maria)
    sync_each(sharing)
    assert MARIA not in with_status(sharing, "subscribed"), "nobody else brings her back"
    act(sharing, MARIA, "subscribe")

    sync_each(sharing)

    assert tagged(sharing, "OFFERS") == {MARIA, KOSTAS}
    assert carried(sharing, MARIA) == {OFFERS}


@pytest.mark.parametrize("how", ["archived by hand", "opted out"])
def test_who_did_not_leave_signs_up_with_the_tag(sharing: World, how: str) -> None:
    fill(sharing)
    if how == "opted out":
        act(sharing, MARIA, "unsubscribe")
    else:
        sharing.archive_by_hand(MARIA, CODE)
    sync_each(sharing, 2)
    put_away(sharing, "inactive")
    act(sharing, MARIA, "subscribe")

    sync_each(sharing)

    assert tagged(sharing, "NEWS") == {MARIA, ZOI}


def test_many_leave_and_come_back_by_few_calls(sharing: World) -> None:
    sharing.batching = Batching(above=50, polling=Polling(first=0.1, most=0.5))
    news, offers, _ = fill(sharing)
    people = [sharing.contact(f"melos{number}@galaxy.gr", news) for number in range(600)]
    sync_each(sharing)
    for one in people:
        sharing.leave(news, one)
    sharing.calls.reset()

    sync_each(sharing)

    assert len(with_status(sharing, "archived")) == 600
    assert sharing.calls.made.count(CHANGE_TAG) == 2
    assert TAKE_ONE not in sharing.calls.made
    for one in people:
        sharing.join(offers, one)
    put_away(sharing, "inactive")
    sharing.calls.reset()

    sync_each(sharing)

    assert len(tagged(sharing, "OFFERS")) == 601
    assert sharing.calls.made.count(CHANGE_TAG) == 2
    assert TAKE_ONE not in sharing.calls.made


@pytest.mark.parametrize("is_away", [False, True])
def test_nobody_confirms_into_a_collection_that_they_refused(sharing: World, is_away: bool) -> None:
    """She withdraws the offers and leaves the newsletter in one night, and is unsubscribed."""
    news, _, maria = fill_two_categories(sharing)
    sharing.leave(news, maria)
    sharing.regrant(maria, granted=False, category="offer")
    sync_each(sharing)
    assert with_status(sharing, "unsubscribed") == {MARIA}
    if is_away:
        change(sharing, "OFFERS", is_active=False)

    sharing.join(news, maria)
    sync_each(sharing)
    assert with_status(sharing, "pending") == {MARIA}
    act(sharing, MARIA, "confirm")

    assert OFFERS not in carried(sharing, MARIA)
    sync_each(sharing)
    assert carried(sharing, MARIA) == {NEWS}
    assert tagged(sharing, "OFFERS") == {KOSTAS}


def test_one_who_refused_a_collection_is_revived_without_its_tag(sharing: World) -> None:
    news, _, maria = fill_two_categories(sharing)
    sharing.regrant(maria, granted=False, category="offer")
    sync_each(sharing)
    assert carried(sharing, MARIA) == {NEWS}
    sharing.leave(news, maria)
    sync_each(sharing)
    assert with_status(sharing, "archived") == {MARIA}

    sharing.join(news, maria)
    sync_each(sharing)

    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS}
    assert carried(sharing, MARIA) == {NEWS}
