"""Mailchimp hides the tags of archived and pending members: nobody took a tag that it hides."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm_mailchimp.sync.audience import untagged_members
from sharing_world import CODE, NAME, act, audience_of, by_hand, rows, sync_each, tagged
from sync_world import World, subscriber_hash

MARIA, NIKOS, ZOI = "maria@example.gr", "nikos@example.gr", "zoi@example.gr"
_READ = "GET /lists/{list_id}/segments/{segment_id}/members"


@pytest.fixture(params=["by name", "by a listing"])
def news(request: pytest.FixtureRequest, sharing: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three persons have the news. Who lost the tag is looked up by name, or by a listing."""
    if request.param == "by a listing":
        monkeypatch.setattr(untagged_members, "_BY_NAME", 1)
    news = sharing.collection("NEWS", shared_audience=NAME)
    for email in (MARIA, NIKOS, ZOI, "petros@example.gr"):
        sharing.contact(email, news)
    sync_each(sharing, 2)
    assert len(tagged(sharing, "NEWS")) == 4
    return sharing


def meanwhile(world: World, happens: Callable[[], object]) -> None:
    """Something happens after a run has read the members, and before it reads the tag."""
    by_hand(world, "NEWS", NIKOS, "taken")  # so that the tag is read
    done: list[str] = []

    def before(request: str) -> None:
        if request == _READ and not done:
            done.append(request)
            happens()

    world.calls.reset(before=before)
    sync_each(world)
    assert done
    world.calls.reset()


def refusals(world: World, email: str) -> set[str]:
    """Kinds of the open refusals of the contact with an address."""
    row = world.crm.execute("select contact_id from crm.contact where email = %s", (email,))
    (contact_id,) = row.fetchone() or (None,)
    found = rows(
        world,
        "select kind from sync.refusal inner join sync.refusal_contact using (refusal_id)"
        " where contact_id = %s and ended_at is null",
        contact_id,
    )
    return {one["kind"] for one in found}


def test_an_archive_by_hand_takes_no_tag(news: World) -> None:
    def archive() -> None:
        for email in (MARIA, ZOI):
            news.archive_by_hand(email, CODE)

    meanwhile(news, archive)
    assert refusals(news, MARIA) == refusals(news, ZOI) == set(), "the next look shows it"
    assert refusals(news, NIKOS) == {"tag_taken"}
    sync_each(news, 2)
    assert refusals(news, MARIA) == {"archived_by_hand"}

    act(news, MARIA, "subscribe")
    sync_each(news, 2)

    assert refusals(news, MARIA) == set()
    assert tagged(news, "NEWS") == {MARIA, "petros@example.gr"}


def test_who_is_asked_to_confirm_lost_no_tag(news: World) -> None:
    def ask() -> None:
        with news.provider() as provider:
            for email in (MARIA, ZOI):
                provider.client.lists.update_list_member(
                    audience_of(news), subscriber_hash(email), {"status": "pending"}
                )
        news.sandbox.control("POST", "clock/advance", {"seconds": 2})

    meanwhile(news, ask)
    sync_each(news, 2)
    assert refusals(news, MARIA) == {"unconfirmed"}

    act(news, MARIA, "confirm")
    sync_each(news, 2)

    assert refusals(news, MARIA) == set()
    assert tagged(news, "NEWS") == {MARIA, "petros@example.gr"}


def test_a_tag_taken_before_an_archive_is_noted_when_the_member_is_back(news: World) -> None:
    """Mailchimp does not show it while the member is archived."""

    def take_and_archive() -> None:
        by_hand(news, "NEWS", MARIA, "taken")
        for email in (MARIA, ZOI):
            news.archive_by_hand(email, CODE)

    meanwhile(news, take_and_archive)
    sync_each(news)
    act(news, MARIA, "subscribe")
    sync_each(news, 2)

    assert refusals(news, MARIA) == {"tag_taken"}
    assert tagged(news, "NEWS") == {"petros@example.gr"}


def test_who_loses_the_tag_and_changes_the_address_meanwhile_does_not_get_it(news: World) -> None:
    def take_and_change() -> None:
        by_hand(news, "NEWS", MARIA, "taken")
        news.act(MARIA, "change_email", CODE, new_email_address="maria.nea@example.gr")

    meanwhile(news, take_and_change)
    sync_each(news, 2)

    assert refusals(news, MARIA) == {"tag_taken"}
    assert tagged(news, "NEWS") == {ZOI, "petros@example.gr"}
