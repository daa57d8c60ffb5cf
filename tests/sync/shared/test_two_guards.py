"""Many leave: first the guard of their collection asks, then the guard of the shared audience."""

from __future__ import annotations

from removal_questions import answer, approve, is_carried_out, open_plans
from sharing_world import CODE, NAME, act, last_run, rows, tagged, with_status
from sync_world import World

PEOPLE = [f"melos{number}@galaxy.gr" for number in range(10)]


def fill(world: World, *codes: str) -> tuple[list[int], list[int]]:
    """Ten people are in all collections; returns the collections' ids and the people's."""
    collections = [world.collection(code, shared_audience=NAME) for code in codes]
    people = [world.contact(email, *collections) for email in PEOPLE]
    world.sync()
    assert len(with_status(world, "subscribed")) == 10
    return collections, people


def archived(world: World) -> int:
    return len(with_status(world, "archived"))


def test_two_answers_are_enough(sharing: World) -> None:
    """Six leave the only collection that they are in."""
    [news], people = fill(sharing, "NEWS")
    for one in people[:6]:
        sharing.leave(news, one)
    sharing.sync()
    assert list(open_plans(sharing)) == ["NEWS"]

    of_news = answer(sharing, "NEWS")

    assert list(open_plans(sharing)) == [CODE]
    assert (archived(sharing), is_carried_out(sharing, of_news)) == (0, False)

    of_audience = answer(sharing, CODE)

    assert (open_plans(sharing), archived(sharing)) == ({}, 6)
    assert is_carried_out(sharing, of_news) and is_carried_out(sharing, of_audience)
    assert last_run(sharing, "NEWS")["state"] == last_run(sharing, CODE)["state"] == "succeeded"


def test_three_answers_are_enough_for_two_collections(sharing: World) -> None:
    collections, people = fill(sharing, "NEWS", "OFFERS")
    for one in people[:6]:
        for collection in collections:
            sharing.leave(collection, one)
    sharing.sync()
    assert sorted(open_plans(sharing)) == ["NEWS", "OFFERS"]

    for code in ("NEWS", "OFFERS", CODE):
        answer(sharing, code)

    assert (open_plans(sharing), archived(sharing)) == ({}, 6)


def test_who_leaves_between_the_answers_is_asked_about(sharing: World) -> None:
    [news], people = fill(sharing, "NEWS")
    for one in people[:6]:
        sharing.leave(news, one)
    sharing.sync()
    answer(sharing, "NEWS")
    sharing.leave(news, people[6])

    of_audience = answer(sharing, CODE)

    assert (archived(sharing), list(open_plans(sharing))) == (0, ["NEWS"])
    assert not is_carried_out(sharing, of_audience)
    [asked] = rows(sharing, "select * from sync.removal_request where decided_at is null")
    assert asked["removals"] == 7
    assert len(tagged(sharing, "NEWS")) == 10


def test_an_approval_waits_while_a_collection_is_broken(sharing: World) -> None:
    """Nobody leaves a shared audience while one of its collections cannot be judged."""
    [news], people = fill(sharing, "NEWS")
    sharing.collection("OFFERS", shared_audience=NAME)
    for one in people[:6]:
        sharing.leave(news, one)
    sharing.sync()
    of_news = answer(sharing, "NEWS")
    sharing.crm.execute(
        "update crm.contact_collection set campaign_type = null where code = 'NEWS'"
    )

    of_audience = answer(sharing, CODE)

    assert last_run(sharing, "NEWS")["state"] == "blocked"
    assert (archived(sharing), is_carried_out(sharing, of_audience)) == (0, False)

    sharing.crm.execute(
        "update crm.contact_collection set campaign_type = 'NEWS' where code = 'NEWS'"
    )
    sharing.sync()

    assert (open_plans(sharing), archived(sharing)) == ({}, 6)
    assert is_carried_out(sharing, of_news) and is_carried_out(sharing, of_audience)


def test_both_approvals_are_spent_though_somebody_signed_up_during_the_run(
    sharing: World,
) -> None:
    """The run plans once more after the removals. Who comes back and leaves is asked about."""
    [news], people = fill(sharing, "NEWS")
    for one in people[:6]:
        sharing.leave(news, one)
    sharing.sync()
    answer(sharing, "NEWS")
    approve(sharing, open_plans(sharing)[CODE])
    sharing.contact("nea@galaxy.gr", news)

    signed_up = []

    def sign_up(what: str) -> None:
        if what == "POST /lists/{list_id}" and not signed_up:
            signed_up.append(what)
            act(sharing, "nea@galaxy.gr", "subscribe")

    sharing.calls.reset(before=sign_up)
    sharing.sync()
    sharing.calls.reset()

    assert signed_up and archived(sharing) == 6
    approved = rows(sharing, "select * from sync.removal_request where decision = 'approved'")
    assert [row["carried_out_by"] is not None for row in approved] == [True, True]

    for one in people[:6]:
        sharing.join(news, one)
    sharing.sync()
    assert archived(sharing) == 0
    for one in people[:6]:
        sharing.leave(news, one)
    sharing.sync()

    assert (archived(sharing), list(open_plans(sharing))) == (0, ["NEWS"])
