"""All collections have left a shared audience: refusals go out there, and nobody else goes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sharing_world import (
    CODE,
    NAME,
    change,
    quarantine,
    sync_each,
    tagged,
    with_status,
)
from sync.shared.movers import blocked, inactive, without_provider
from sync.shared.test_all_collections_wait import (
    ELENI,
    KOSTAS,
    MARIA,
    OTHER,
    ZOI,
    arrive,
    fill,
    of,
    wait,
)
from sync.shared.test_deleted_tags_at_a_loss import delete_tag
from sync.shared.test_previews_change_nothing import preview, state
from sync_world import World


def leave(world: World, to: str | None, how: str) -> None:
    """Both collections leave, and wait or arrive."""
    if how == "arrived":
        for code in ("NEWS", "OFFERS"):
            change(world, code, shared_audience=to)
        sync_each(world, 3)
        return
    wait(world, to)
    if how == "tags deleted":
        for code in ("NEWS", "OFFERS"):
            delete_tag(world, CODE, code)
        sync_each(world)


def refuse(world: World, zoi: int, how: str) -> None:
    """Zoi, or who has her address, wants no mail of any category any more."""
    if how == "erased":
        world.change_contact(zoi, erasure_requested_at=datetime.now(UTC))
        return
    email, collections = "zoi.nea@galaxy.gr", [1, 2]
    if how == "another contact":
        email, collections = ZOI, []
    elif how == "new id":
        email = ZOI
        for table in ("collection_member", "consent", "contact"):
            world.crm.execute(f"delete from crm.{table} where contact_id = %s", (zoi,))
    other = world.contact(email, *collections, first_name="Ζωή", consent=None)
    if how == "merged":
        world.change_contact(zoi, merged_into_id=other)
    for category in ("newsletter", "offer"):
        world.regrant(other, category=category, granted=False)


@pytest.mark.parametrize(
    ("how", "refusal", "to"),
    [
        ("waiting", "merged", OTHER),
        ("waiting", "new id", None),
        ("arrived", "another contact", OTHER),
        ("arrived", "new id", OTHER),
        ("arrived", "new id", None),
        ("arrived", "erased", None),
        ("tags deleted", "another contact", None),
        ("tags deleted", "new id", OTHER),
        ("tags deleted", "erased", OTHER),
    ],
)
def test_who_refuses_is_unsubscribed(
    sharing: World, how: str, refusal: str, to: str | None
) -> None:
    """Also if the refusal is found by the address alone."""
    people = fill(sharing)
    leave(sharing, to, how)

    refuse(sharing, people[ZOI], refusal)
    sync_each(sharing, 2)
    assert with_status(sharing, "subscribed") == {MARIA, KOSTAS, ELENI}

    arrive(sharing)
    assert of(sharing, "NEWS", to) == {MARIA, ELENI}
    assert of(sharing, "OFFERS", to) == {KOSTAS, ELENI}
    assert with_status(sharing, "subscribed") == {MARIA, KOSTAS, ELENI}


@pytest.mark.parametrize("to", [OTHER, None])
def test_a_category_that_is_refused_after_the_arrival(sharing: World, to: str | None) -> None:
    """The collection's tag stays there for mails by hand, so the member goes. It may come back."""
    people = fill(sharing)
    leave(sharing, to, "arrived")

    for email in (MARIA, ZOI):
        sharing.regrant(people[email], category="offer", granted=False)
    sync_each(sharing, 2)

    assert with_status(sharing, "subscribed") == {MARIA, KOSTAS, ELENI}
    assert of(sharing, "NEWS", to) == {MARIA, ZOI, ELENI}
    assert of(sharing, "OFFERS", to) == {KOSTAS, ELENI}

    for code in ("NEWS", "OFFERS"):
        change(sharing, code, shared_audience=NAME)
    sync_each(sharing, 3)
    assert tagged(sharing, "NEWS") == {MARIA, ELENI}
    assert quarantine(sharing)["NEWS", people[ZOI]] == "suppressed_pending"


@pytest.mark.parametrize("to", [OTHER, None])
@pytest.mark.parametrize("seen", [True, False])
def test_members_stay_if_the_tag_of_a_collection_that_waits_is_deleted(
    sharing: World, to: str | None, seen: bool
) -> None:
    """Nobody knows any more who they are, and OFFERS shares the audience still."""
    fill(sharing)
    sharing.sandbox.control("POST", "limits", {"max_audiences": 1})
    change(sharing, "NEWS", shared_audience=to)
    if seen:
        sync_each(sharing, 2)
    delete_tag(sharing, CODE)

    sync_each(sharing, 2)
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}

    arrive(sharing)
    assert of(sharing, "NEWS", to) == {MARIA, ZOI, ELENI}
    assert with_status(sharing, "subscribed") == {ZOI, KOSTAS, ELENI}


@pytest.mark.parametrize("away", [("NEWS",), ("NEWS", "OFFERS")])
@pytest.mark.parametrize("category", ["newsletter", "offer", None])
def test_who_bounced_or_refuses_goes_though_the_tag_is_deleted(
    sharing: World, away: tuple[str, ...], category: str | None
) -> None:
    people = fill(sharing)
    sharing.join(sharing.collection("FREE", campaign_type="FREE"), people[MARIA])
    sync_each(sharing)
    for code in away:
        inactive(sharing, code)
    sync_each(sharing)
    delete_tag(sharing, CODE)
    sync_each(sharing)
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}

    if category is None:
        sharing.bounce(MARIA, "FREE")
    else:
        sharing.regrant(people[MARIA], category=category, granted=False)
    sync_each(sharing, 2)

    assert with_status(sharing, "subscribed") == {ZOI, KOSTAS, ELENI}


def waits(world: World, code: str) -> None:
    change(world, code, shared_audience=OTHER)


@pytest.mark.parametrize(
    ("of_news", "of_offers"),
    [(waits, inactive), (without_provider, waits), (inactive, inactive), (blocked, waits)],
)
def test_each_is_away_in_its_own_way(sharing: World, of_news: object, of_offers: object) -> None:
    """A withdrawal counts for its category alone, and a preview changes nothing."""
    people = fill(sharing)
    sharing.sandbox.control("POST", "limits", {"max_audiences": 1})
    for code, put_away in (("NEWS", of_news), ("OFFERS", of_offers)):
        assert callable(put_away)
        put_away(sharing, code)
    sync_each(sharing)
    for email in (MARIA, ZOI, KOSTAS):
        sharing.regrant(people[email], category="offer", granted=False)
    sharing.regrant(people[ELENI], granted=False)
    before, written = state(sharing), sharing.write_requests()
    preview(sharing)
    assert (state(sharing), sharing.write_requests()) == (before, written)

    sync_each(sharing, 2)
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, ELENI}
    assert with_status(sharing, "unsubscribed") == {KOSTAS}

    for code in ("NEWS", "OFFERS"):
        columns = {"is_active": True, "external_provider": "mailchimp", "shared_audience": NAME}
        change(sharing, code, **columns)
    change(sharing, "NEWS", campaign_type="NEWS")
    sync_each(sharing, 3)
    assert tagged(sharing, "NEWS") == {MARIA, ZOI}
    assert tagged(sharing, "OFFERS") == {ELENI}
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, ELENI}
