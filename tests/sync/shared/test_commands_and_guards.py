"""A guard asks, and before the answer, or before its run, a person runs a command."""

from __future__ import annotations

from contextlib import suppress

import pytest

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.sync.audience.former_audiences import retire_by_code
from crm_mailchimp.sync.decisions.approval import find_removal_request
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.known_collections import begin_as_new, continue_as_same
from crm_mailchimp.sync.staging.stagings import codes_to_sync
from removal_questions import answer, approve, open_plans
from sharing_world import CODE, NAME, change, tagged, with_status
from sync_world import World

PEOPLE = [f"melos{number}@galaxy.gr" for number in range(10)]
OTHER = "Άλλο κοινό"


def fill(world: World, *codes: str) -> tuple[list[int], list[int]]:
    """Ten people are in all collections; returns the collections' ids and the people's."""
    collections = [world.collection(code, shared_audience=NAME) for code in codes]
    people = [world.contact(email, *collections) for email in PEOPLE]
    world.sync()
    assert len(with_status(world, "subscribed")) == 10
    return collections, people


def run_all(world: World, times: int = 1, approved_plan: int | None = None) -> None:
    """Sync all collections with their guards; one that fails stops no other."""
    for _ in range(times):
        staging_id = world.stage()
        with world.connect(world.warehouse_dsn) as warehouse:
            codes = codes_to_sync(warehouse, staging_id)
        for code in codes:
            with suppress(ProviderError):
                world.push(staging_id, code, options=SyncOptions(approved_plan=approved_plan))


def give_id(world: World, old: int, new: int) -> None:
    for table in ("contact_collection", "collection_member"):
        world.crm.execute(
            f"update crm.{table} set collection_id = %s where collection_id = %s", (new, old)
        )


def everybody(world: World, list_id: str) -> dict[str, str]:
    """Address and status of all members of an audience."""
    with world.provider() as provider:
        return {
            one.email_address: one.status
            for status in (None, "archived")
            for one in provider.members(list_id, status=status)
        }


@pytest.mark.parametrize("decision", ["same", "new"])
@pytest.mark.parametrize("when", ["asked", "approved"])
def test_a_new_id_while_the_guard_asks(sharing: World, decision: str, when: str) -> None:
    """Six of NEWS leave. An approval is about the collection that was asked about."""
    [news, _], people = fill(sharing, "NEWS", "OFFERS")
    for one in people[:6]:
        sharing.leave(news, one)
    sharing.sync()
    plan = open_plans(sharing)["NEWS"]
    if when == "approved":
        approve(sharing, plan)
    give_id(sharing, news, 900)
    run_all(sharing, approved_plan=plan if when == "approved" else None)
    assert len(tagged(sharing, "NEWS")) == 10
    with sharing.connect(sharing.warehouse_dsn) as warehouse:
        {"same": continue_as_same, "new": begin_as_new}[decision](warehouse, "NEWS")
    run_all(sharing, approved_plan=plan if when == "approved" else None)

    if when == "approved" and decision == "same":
        assert (open_plans(sharing), len(tagged(sharing, "NEWS"))) == ({}, 4)
        return
    assert len(tagged(sharing, "NEWS")) == 10
    assert list(open_plans(sharing)) == ["NEWS"]
    if decision == "new":
        assert open_plans(sharing)["NEWS"] != plan
    answer(sharing, "NEWS")
    assert (open_plans(sharing), len(tagged(sharing, "NEWS"))) == ({}, 4)


def test_a_run_of_another_collection_answers_no_question(sharing: World) -> None:
    """Two collections swap their codes. The other one succeeded after the guard had asked."""
    [news, offers] = (sharing.collection(code) for code in ("NEWS", "OFFERS"))
    people = [sharing.contact(email, news, offers) for email in PEOPLE]
    sharing.sync()
    for one in people[:6]:
        sharing.leave(news, one)
    run_all(sharing)
    plan = open_plans(sharing)["NEWS"]
    for collection_id, code in ((news, "SWAP"), (offers, "NEWS"), (news, "OFFERS")):
        sharing.crm.execute(
            "update crm.contact_collection set code = %s where collection_id = %s",
            (code, collection_id),
        )

    sharing.stage()

    assert open_plans(sharing) == {"OFFERS": plan}
    answer(sharing, "OFFERS")
    assert open_plans(sharing) == {}
    assert sum(one == "archived" for one in sharing.remote("OFFERS").values()) == 6


@pytest.mark.parametrize("to", [NAME, OTHER, None])
@pytest.mark.parametrize("asked", ["NEWS", CODE])
def test_the_audience_is_retired_after_the_approval(
    sharing: World, asked: str, to: str | None
) -> None:
    [news], people = fill(sharing, "NEWS")
    left = sharing.list_id(CODE)
    for one in people[:6]:
        sharing.leave(news, one)
    sharing.sync()
    if asked == CODE:
        answer(sharing, "NEWS")
    plan = open_plans(sharing)[asked]
    approve(sharing, plan)
    with sharing.connect(sharing.warehouse_dsn) as warehouse:
        retire_by_code(warehouse, CODE)
    change(sharing, "NEWS", shared_audience=to)
    run_all(sharing, 2, approved_plan=plan)

    assert everybody(sharing, left) == dict.fromkeys(PEOPLE, "subscribed")
    code = "NEWS" if to is None else f"shared:{to}"
    assert with_status(sharing, "subscribed", code) == set(PEOPLE[6:])
    assert open_plans(sharing) == {}


@pytest.mark.parametrize("to", [NAME, OTHER, None])
@pytest.mark.parametrize("asked", ["NEWS", CODE])
def test_the_audience_is_retired_while_the_guard_asks(
    sharing: World, asked: str, to: str | None
) -> None:
    """The question is about an audience that nobody has any more: nobody answers it."""
    [news], people = fill(sharing, "NEWS")
    for one in people[:6]:
        sharing.leave(news, one)
    sharing.sync()
    if asked == CODE:
        answer(sharing, "NEWS")
    assert list(open_plans(sharing)) == [asked]
    with sharing.connect(sharing.warehouse_dsn) as warehouse:
        retire_by_code(warehouse, CODE)
    change(sharing, "NEWS", shared_audience=to)
    run_all(sharing, 2)
    with sharing.connect(sharing.warehouse_dsn) as warehouse:
        assert find_removal_request(warehouse) is None


@pytest.mark.parametrize("to", [OTHER, None])
@pytest.mark.parametrize("back", [True, False])
def test_the_collection_moves_after_the_approval(
    sharing: World, to: str | None, back: bool
) -> None:
    [news, offers], people = fill(sharing, "NEWS", "OFFERS")
    left = sharing.list_id(CODE)
    for one in people[:6]:
        sharing.leave(news, one)
        sharing.leave(offers, one)
    sharing.sync()
    plan = open_plans(sharing)["NEWS"]
    approve(sharing, plan)
    approve(sharing, open_plans(sharing)["OFFERS"])
    change(sharing, "NEWS", shared_audience=to)
    run_all(sharing, 2, approved_plan=plan)
    # Six lost the tag of OFFERS. Nobody approved that they are archived.
    assert set(everybody(sharing, left).values()) == {"subscribed"}
    if back:
        change(sharing, "NEWS", shared_audience=NAME)
        run_all(sharing, 2)
        assert list(open_plans(sharing)) == [CODE]
    assert set(everybody(sharing, left).values()) == {"subscribed"}


@pytest.mark.parametrize(
    ("column", "there", "gone"),
    [("is_active", True, False), ("external_provider", "mailchimp", None)],
)
@pytest.mark.parametrize("asked", ["NEWS", CODE])
def test_the_collection_goes_while_a_guard_asks(
    sharing: World, asked: str, column: str, there: object, gone: object
) -> None:
    """Nobody is removed, so nobody is asked. It comes back, and the question does, too."""
    [news], people = fill(sharing, "NEWS")
    for one in people[:6]:
        sharing.leave(news, one)
    sharing.sync()
    if asked == CODE:
        answer(sharing, "NEWS")
    assert list(open_plans(sharing)) == [asked]
    change(sharing, "NEWS", **{column: gone})

    sharing.stage(dry_run=True)
    assert list(open_plans(sharing)) == [asked], "a preview ends nothing"
    run_all(sharing, 2)

    assert open_plans(sharing) == {}
    assert len(with_status(sharing, "subscribed")) == 10
    change(sharing, "NEWS", **{column: there})
    run_all(sharing)
    assert list(open_plans(sharing)) == [asked]
    assert len(with_status(sharing, "subscribed")) == 10
