"""Who refused is not added where the collection goes. Who did not is neither asked nor lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fresh_databases import fresh_databases
from refusals.story import Story
from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    change,
    quarantine,
    share,
    sync_each,
    tagged,
    with_status,
)
from sync_world import LONG_AGO, subscriber_hash

MARIA, ZOI, KOSTAS = "maria@galaxy.gr", "zoi@galaxy.gr", "kostas@galaxy.gr"
OTHER = "Άλλο κοινό"
FRIENDS = [f"filos{number}@galaxy.gr" for number in range(60)]


@pytest.fixture(params=["postgres", "debian_postgres"])
def moving(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[Story]:
    """A world in which time passes, on each server."""
    with fresh_databases(request.getfixturevalue(request.param)) as (crm, warehouse):
        story = Story(crm, warehouse, mailchimp_sandbox)
        share(story)
        yield story
        story.close()


def _two(world: Story, first: str | None = NAME, **offers: str) -> tuple[int, int]:
    """NEWS in an audience of its own or a shared one, and OFFERS in the shared one, with Kostas."""
    news = world.collection("NEWS", shared_audience=first)
    other = world.collection("OFFERS", shared_audience=NAME, **offers)
    world.contact(KOSTAS, other, consent="offer" if offers else "newsletter")
    return news, other


def _place(to: str | None) -> str:
    return "NEWS" if to is None else f"shared:{to}"


@pytest.mark.parametrize("to", [None, OTHER])
def test_an_opt_out_before_anybody_arrived_holds(moving: Story, to: str | None) -> None:
    """NEWS is empty for a night while it moves. Zoi opts out where all its people still are."""
    news, offers = _two(moving)
    people = {one: moving.contact(one, news, offers) for one in (ZOI, MARIA)}
    sync_each(moving)
    change(moving, "NEWS", shared_audience=to)
    for one in people.values():
        moving.leave(news, one)
    sync_each(moving, 3)
    moving.act(ZOI, "unsubscribe", CODE)
    sync_each(moving)
    for one in people.values():
        moving.join(news, one)
    sync_each(moving, 2)

    assert with_status(moving, "subscribed", _place(to)) == {MARIA}


def test_an_opt_out_before_anybody_is_eligible_holds(moving: Story) -> None:
    """NEWS gets another campaign type by mistake, for the night in which it moves."""
    news, offers = _two(moving)
    for one in (ZOI, MARIA):
        moving.contact(one, news, offers)
    sync_each(moving)
    change(moving, "NEWS", shared_audience=None, campaign_type="OFFER")
    sync_each(moving, 3)
    moving.act(ZOI, "unsubscribe", CODE)
    sync_each(moving)
    change(moving, "NEWS", campaign_type="NEWS")
    sync_each(moving, 2)

    assert with_status(moving, "subscribed", "NEWS") == {MARIA}


@pytest.mark.parametrize("first", ["own", "shared"])
def test_a_run_without_an_audience_is_no_arrival(moving: Story, first: str) -> None:
    """Its members stay where they are until a run has put somebody elsewhere."""
    news, offers = _two(moving)
    maria = moving.contact(MARIA, news)
    moving.contact(ZOI, offers)
    sync_each(moving)
    change(moving, "NEWS", shared_audience=None)
    moving.leave(news, maria)
    for _ in range(3):
        staging_id = moving.stage()
        for code in ("NEWS", CODE) if first == "own" else (CODE, "NEWS"):
            moving.push(staging_id, code)

    assert MARIA in with_status(moving, "subscribed")


@pytest.mark.parametrize("to", ["shared", "link"])
def test_members_of_the_former_audience_are_archived_by_hand(moving: Story, to: str) -> None:
    """Somebody tidies up after the first run, as our page says. Nobody asked for anything."""
    news, _ = _two(moving, first=None)
    for one in FRIENDS:
        moving.contact(one, news)
    moving.sync()
    former = moving.list_id("NEWS")
    if to == "shared":
        change(moving, "NEWS", shared_audience=NAME)
    else:
        change(moving, "NEWS", provider_list_id=moving.audience_by_hand("Άλλο"))
    moving.sync()
    with moving.provider() as provider:
        for one in FRIENDS:
            provider.client.lists.delete_list_member(former, subscriber_hash(one))
    for _ in range(3):
        moving.pass_time(seconds=5)
        moving.sync()

    mailed = tagged(moving, "NEWS") if to == "shared" else with_status(moving, "subscribed", "NEWS")
    assert mailed == set(FRIENDS)
    assert quarantine(moving) == {}


@pytest.mark.parametrize("when", ["long ago", "while it moves"])
@pytest.mark.parametrize("to", [None, OTHER])
@pytest.mark.parametrize("first", ["own", "shared"])
def test_who_withdrew_offers_keeps_the_newsletter_that_moves(
    moving: Story, to: str | None, when: str, first: str
) -> None:
    news, offers = _two(moving, campaign_type="OFFER")
    maria = moving.contact(MARIA, news, offers)
    moving.consent(maria, category="offer")
    sync_each(moving)
    if when == "long ago":
        moving.consent(maria, category="offer", granted=False)
        sync_each(moving, 2)
    change(moving, "NEWS", shared_audience=to)
    for number in range(4):
        if number == 1 and when == "while it moves":
            moving.consent(maria, category="offer", granted=False)
        staging_id = moving.stage()
        codes = [_place(to), CODE] if first == "own" else [CODE, _place(to)]
        for code in codes:
            moving.push(staging_id, code, options=UNGUARDED)
        moving.pass_time(seconds=2)

    assert with_status(moving, "subscribed", _place(to)) == {MARIA}
    assert MARIA not in with_status(moving, "subscribed")
    assert ("NEWS", maria) not in quarantine(moving)


@pytest.mark.parametrize("how", ["regrant", "confirm_new_members"])
@pytest.mark.parametrize("to", [None, OTHER])
def test_who_confirmed_where_the_collection_is_now_is_not_asked_again(
    moving: Story, how: str, to: str | None
) -> None:
    """Maria, pending in both, confirms in the new audience. Then the shared one lets her go."""
    moving.crm.execute("alter table crm.contact_collection add confirm_new_members boolean")
    news, _ = _two(moving)
    maria = moving.contact(MARIA, news)
    if how == "regrant":
        sync_each(moving)
        moving.consent(maria, granted=False)
        sync_each(moving)
        moving.regrant(maria)
    else:
        moving.crm.execute("update crm.contact_collection set confirm_new_members = true")
    sync_each(moving)
    assert MARIA in with_status(moving, "pending")
    change(moving, "NEWS", shared_audience=to)
    staging_id = moving.stage()
    moving.push(staging_id, _place(to), options=UNGUARDED)
    assert MARIA in with_status(moving, "pending", _place(to))
    moving.act(MARIA, "confirm", _place(to))
    moving.push(staging_id, CODE, options=UNGUARDED)
    sync_each(moving, 3)

    assert MARIA in with_status(moving, "subscribed", _place(to))
    assert ("NEWS", maria) not in quarantine(moving)


@pytest.mark.parametrize("when", ["before the move", "after it"])
def test_after_a_new_grant_the_tag_comes_back(moving: Story, when: str) -> None:
    """Maria withdrew the newsletter. OFFERS keeps her subscribed in the shared audience."""
    news, offers = _two(moving, first=None, campaign_type="OFFER")
    maria = moving.contact(MARIA, news, offers)
    moving.consent(maria, category="offer")
    moving.contact(ZOI, news)
    sync_each(moving)
    if when == "before the move":
        moving.consent(maria, granted=False)
        sync_each(moving)
    change(moving, "NEWS", shared_audience=NAME)
    sync_each(moving, 2)
    if when == "after it":
        moving.consent(maria, granted=False)
        sync_each(moving, 2)
    assert tagged(moving, "NEWS") == {ZOI}
    moving.regrant(maria)
    sync_each(moving, 2)

    assert tagged(moving, "NEWS") == {MARIA, ZOI}
    assert quarantine(moving) == {}


def test_a_grant_of_the_survivor_brings_no_tag_back(moving: Story) -> None:
    """Zoi withdrew the newsletter. She is merged into Maria, who is in OFFERS and grants it."""
    news, offers = _two(moving, first=None, campaign_type="OFFER")
    maria, zoi = moving.contact(MARIA, news, offers), moving.contact(ZOI, news)
    moving.consent(maria, category="offer")
    moving.contact(FRIENDS[0], news)
    sync_each(moving)
    moving.withdraw(zoi)
    sync_each(moving)
    change(moving, "NEWS", shared_audience=NAME)
    moving.merge(zoi, maria)
    moving.regrant(maria)
    sync_each(moving, 3)

    assert tagged(moving, "NEWS") == {FRIENDS[0]}
    assert MARIA in tagged(moving, "OFFERS")
    assert MARIA in with_status(moving, "subscribed")


def test_who_opted_out_before_the_move_stays_out(moving: Story) -> None:
    """An opt-out of her own is no withdrawal of ours: no grant in the CRM lifts it."""
    news, offers = _two(moving, first=None, campaign_type="OFFER")
    maria = moving.contact(MARIA, news, offers)
    moving.consent(maria, category="offer")
    moving.contact(ZOI, news)
    sync_each(moving)
    moving.act(MARIA, "unsubscribe", "NEWS")
    sync_each(moving)
    change(moving, "NEWS", shared_audience=NAME)
    sync_each(moving, 2)
    moving.consent(maria, granted=False)
    moving.regrant(maria)
    sync_each(moving, 2)

    assert tagged(moving, "NEWS") == {ZOI}
    assert quarantine(moving) == {("NEWS", maria): "suppressed_unsubscribed"}


@pytest.mark.parametrize("origin", ["created", "adopted"])
def test_leaving_offers_is_no_refusal_of_offers(moving: Story, origin: str) -> None:
    """Maria opted out of NEWS when it had its own audience. She leaves OFFERS, and comes back."""
    news, offers = _two(moving, first=None)
    maria = moving.contact(MARIA, news)
    moving.contact(ZOI, news, offers)
    sync_each(moving)
    moving.act(MARIA, "unsubscribe", "NEWS")
    sync_each(moving)
    change(moving, "NEWS", shared_audience=NAME)
    if origin == "adopted":
        moving.act(MARIA, "subscribe", CODE)
    moving.join(offers, maria)
    sync_each(moving, 2)
    assert MARIA in tagged(moving, "OFFERS")
    assert MARIA not in tagged(moving, "NEWS")
    moving.leave(offers, maria)
    sync_each(moving, 2)
    stays = "archived" if origin == "created" else "subscribed"
    assert MARIA in with_status(moving, stays)

    moving.join(offers, maria)
    sync_each(moving, 2)
    assert MARIA in tagged(moving, "OFFERS")
    assert MARIA not in tagged(moving, "NEWS")


@pytest.mark.parametrize("is_member", [False, True])
def test_an_old_withdrawal_of_another_category_waits_for_the_guard(
    moving: Story, is_member: bool
) -> None:
    """OFFERS moves out, and the guard of the shared audience asks. Maria withdrew the newsletter
    before, and never had it. Zoi withdraws the offers, and is out at once."""
    news, offers = _two(moving, campaign_type="OFFER")
    maria = moving.contact(MARIA, offers, consent="offer")
    zoi = moving.contact(ZOI, offers, consent="offer")
    moving.consent(maria, granted=False, category="newsletter", effective_at=LONG_AGO)
    if is_member:
        moving.join(news, maria)
    for one in FRIENDS[:9]:
        moving.contact(one, offers, consent="offer")
    for one in FRIENDS[9:12]:
        moving.contact(one, news)
    for _ in range(2):
        moving.sync()
    change(moving, "OFFERS", shared_audience=None)
    moving.sync()
    moving.withdraw(zoi, category="offer")
    moving.sync()

    assert {MARIA, KOSTAS, *FRIENDS[:12]} == with_status(moving, "subscribed")
    assert ZOI in with_status(moving, "unsubscribed")
    assert {MARIA, KOSTAS, *FRIENDS[:9]} == with_status(moving, "subscribed", "OFFERS")
    change(moving, "OFFERS", shared_audience=NAME)
    moving.sync()
    assert {MARIA, KOSTAS, *FRIENDS[:12]} == with_status(moving, "subscribed")
    assert {MARIA, KOSTAS, *FRIENDS[:9]} == tagged(moving, "OFFERS")
