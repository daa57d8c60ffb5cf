"""An approval holds for what the person was asked about: collection, audience, tag or member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.former_audiences import retire_by_code
from crm_mailchimp.sync.decisions.approval import find_removal_request
from crm_mailchimp.sync.runs.alert_messages import Trouble
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.known_collections import continue_as_same
from fresh_databases import fresh_databases
from removal_questions import approve, is_carried_out, open_plans
from sharing_world import CODE, NAME, last_run, rows
from sync_world import World

PEOPLE = [f"melos{number}@galaxy.gr" for number in range(10)]
_SHARING = "alter table crm.contact_collection add column shared_audience text"


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture
def world(server: Any, mailchimp_sandbox: Any) -> Iterator[World]:
    with fresh_databases(server, _SHARING) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


@pytest.fixture
def two(server: Any, mailchimp_sandbox: Any, second_sandbox: Any) -> Iterator[AccountsWorld]:
    with fresh_databases(server) as (crm, warehouse):
        world = AccountsWorld(crm, warehouse, mailchimp_sandbox, second_sandbox)
        yield world
        world.close()


def change(world: World, of: str, /, **columns: object) -> None:
    for name, value in columns.items():
        world.crm.execute(
            f"update crm.contact_collection set {name} = %s where code = %s", (value, of)
        )


def sharing(world: World) -> tuple[int, int, list[int]]:
    """Ten people are in both collections of an audience."""
    news, offers = (world.collection(code, shared_audience=NAME) for code in ("NEWS", "OFFERS"))
    people = [world.contact(email, news, offers) for email in PEOPLE]
    world.sync()
    return news, offers, people


def leave(world: World, collection: int, people: list[int]) -> int:
    """Six of ten leave a collection of an audience; returns the plan that this asks for."""
    for one in people[:6]:
        world.leave(collection, one)
    world.sync()
    [plan_id] = open_plans(world).values()
    return plan_id


def carrying_out(plan_id: int) -> SyncOptions:
    return SyncOptions(approved_plan=plan_id)


def sizes(world: World) -> list[int]:
    """How many members the audience's tags have in Mailchimp, the smallest first."""
    with world.provider() as provider:
        return sorted(one.member_count for one in provider.tags(world.list_id(CODE)))


def test_an_approval_of_an_account_removes_nobody_in_another(two: AccountsWorld) -> None:
    """The collection moves before the answer; the other account has the same people."""
    news = two.collection("NEWS")
    people = [two.contact(email, news) for email in PEOPLE]
    two.sync_all()
    for provider in (SECOND_PROVIDER, "mailchimp"):
        two.change_collection("NEWS", external_provider=provider)
        two.sync_all()
    for one in people[:6]:
        two.leave(news, one)
    two.push(two.stage(), "NEWS", options=SyncOptions())
    [plan_id] = open_plans(two).values()
    two.change_collection("NEWS", external_provider=SECOND_PROVIDER)
    approve(two, plan_id)
    two.pass_seconds()

    two.push(two.stage(), "NEWS", options=carrying_out(plan_id))

    assert two.people(SECOND) == dict.fromkeys(PEOPLE, "subscribed")
    assert not is_carried_out(two, plan_id)
    assert list(open_plans(two)) == ["NEWS"], "it asks about this account"


@pytest.mark.parametrize("is_named", [True, False])
def test_an_approval_about_a_tag_archives_nobody(world: World, is_named: bool) -> None:
    """The shared audience becomes the collection's own: there the same people are members.

    Args:
        is_named: the run names the approved plan; otherwise it looks for one by itself.
    """
    news, _, people = sharing(world)
    plan_id = leave(world, news, people)
    approve(world, plan_id)
    list_id = world.list_id(CODE)
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        retire_by_code(warehouse, CODE)
    change(world, "OFFERS", shared_audience=None, is_active=False)
    change(world, "NEWS", shared_audience=None, provider_list_id=list_id)

    result = world.sync(options=carrying_out(plan_id) if is_named else None)["NEWS"]

    assert (result.state, world.list_id("NEWS")) == ("blocked", list_id)
    assert "archived" not in world.remote("NEWS").values()
    assert not is_carried_out(world, plan_id)
    assert list(open_plans(world)) == ["NEWS"], "it asks about the members"


def test_an_approval_stays_with_its_collection_when_codes_are_swapped(world: World) -> None:
    """The collection that has the code now wants the same removals."""
    news, offers, people = sharing(world)
    plan_id = leave(world, news, people)
    approve(world, plan_id)
    change(world, "NEWS", code="X")
    change(world, "OFFERS", code="NEWS")
    change(world, "X", code="OFFERS")
    for one in people[:6]:
        world.join(news, one)
        world.leave(offers, one)

    world.sync(options=carrying_out(plan_id))

    assert sizes(world) == [10, 10]
    [request] = rows(world, "select * from sync.removal_request where decision = 'approved'")
    assert (request["collection_id"], request["collection_code"]) == (news, "OFFERS")


def test_an_approval_goes_on_with_its_collection(world: World) -> None:
    """The CRM loads the collection again under another id, and a person says it is the same."""
    news, _, people = sharing(world)
    plan_id = leave(world, news, people)
    approve(world, plan_id)
    change(world, "NEWS", collection_id=990)
    world.crm.execute(
        "update crm.collection_member set collection_id = 990 where collection_id = %s", (news,)
    )
    world.sync()
    assert sizes(world) == [10, 10]
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        continue_as_same(warehouse, "NEWS")

    world.sync()

    assert sizes(world) == [4, 10]
    assert is_carried_out(world, plan_id)


def test_who_was_asked_before_the_upgrade_is_asked_again(world: World) -> None:
    """Nobody knows any more what audience the question was about."""
    news, _, people = sharing(world)
    plan_id = leave(world, news, people)
    world.warehouse.execute(
        "update sync.removal_request set collection_id = null, list_id = null, of_tag = null"
    )
    approve(world, plan_id)

    world.sync(options=carrying_out(plan_id))

    assert sizes(world) == [10, 10]
    newer = open_plans(world)["NEWS"]
    assert newer != plan_id
    approve(world, newer)
    world.sync(options=carrying_out(newer))
    assert sizes(world) == [4, 10]


def test_a_question_about_a_tag_says_so(world: World) -> None:
    """Nobody reads that members are archived who only lose a tag."""
    news, _, people = sharing(world)
    plan_id = leave(world, news, people)
    staging_id = rows(world, "select max(staging_id) as newest from sync.staging_run")[0]["newest"]

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        request = find_removal_request(warehouse, plan_id=plan_id)
        [trouble] = read_rows(
            warehouse, Trouble, statement("sync/find_troubles"), {"staging_id": staging_id}
        )

    assert request is not None
    assert request.subject == f"Take the tag of NEWS from 6 of 10 members? (plan {plan_id})"
    body = request.body(168)
    assert "**6 of 10** members would lose the tag of collection `NEWS` (plan" in body
    assert "in time: nobody loses the tag." in body
    assert "would be archived or unsubscribed" not in body
    assert "6 of 10 members would lose the tag: " in last_run(world, "NEWS")["detail"]
    assert "6 of 10 members would lose the tag; answer" in str(trouble)


def test_a_question_about_members_says_so(world: World) -> None:
    news = world.collection("NEWS")
    people = [world.contact(email, news) for email in PEOPLE]
    world.sync()
    plan_id = leave(world, news, people)

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        request = find_removal_request(warehouse, plan_id=plan_id)

    assert request is not None
    assert request.subject == f"Remove 6 of 10 members of NEWS? (plan {plan_id})"
    body = request.body(168)
    assert "members of collection `NEWS` would be archived or unsubscribed (plan" in body
    assert "in time: nobody is removed." in body
    assert "tag" not in body
