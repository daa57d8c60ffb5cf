"""``mart.bill``: what Mailchimp bills, what sharing would save, how near the plan's limit is.

The sandbox counts by Mailchimp's rule itself; the view must come to the same, whatever happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.stats.audience_figures import load_audiences
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.alert_messages import Message
from crm_mailchimp.sync.runs.contact_limits import near_limits, note_contact_limits
from crm_mailchimp.sync.runs.run_alerts import AlertTimes, alert_about_bill
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from fresh_databases import fresh_databases
from stats.sandbox_world import SETTINGS
from sync_world import World, subscriber_hash

UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=10_000, half=1.0))
ACCOUNT = "mailchimp_default"
BILLED = ("subscribed", "unsubscribed", "transactional")


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture
def world(server: Any, mailchimp_sandbox: Any) -> Iterator[World]:
    with fresh_databases(server) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


def read(world: World) -> None:
    """What ``extract_reports`` reads of audiences."""
    with psycopg.connect(world.warehouse_dsn) as warehouse, world.provider() as provider:
        load_audiences(warehouse, provider)


def bill(world: World) -> dict[str, Any]:
    [row] = world.warehouse.execute("select * from mart.bill").fetchall()
    assert row["account"] == ACCOUNT
    return dict(row)


def audiences(world: World) -> dict[str, dict[str, Any]]:
    rows = world.warehouse.execute("select * from mart.bill_audiences").fetchall()
    assert len({row["list_id"] for row in rows}) == len(rows)
    return {row["list_id"]: dict(row) for row in rows}


def plan(world: World, **limits: Any) -> dict[str, Any]:
    if limits:
        world.sandbox.control("POST", "limits", limits)
    return dict(world.sandbox.control("GET", "limits"))


def foreign_audience(world: World, *addresses: str, status: str = "subscribed") -> str:
    """An audience of the account that somebody else made."""
    with world.provider() as provider:
        list_id = provider.create_audience(SETTINGS).list_id
    for address in addresses:
        put(world, list_id, address, status)
    return list_id


def put(world: World, list_id: str, address: str, status: str) -> None:
    with world.provider() as provider:
        provider.client.call(
            "POST",
            "/lists/{list_id}/members",
            ids={"list_id": list_id},
            body={"email_address": address, "status": status},
        )


def test_an_address_is_billed_once_for_each_audience(world: World) -> None:
    news, offers = world.collection("NEWS"), world.collection("ΠΡΟΣΦΟΡΕΣ", campaign_type="OFFER")
    both = world.contact("maria@ελιά.gr", news, offers)
    world.consent(both, category="offer")
    world.contact("nikos@mail.gr", news)
    world.contact("eleni@mail.gr", offers, consent="offer")
    world.sync()
    foreign = foreign_audience(world, "maria@xn--hxarmh.gr", "xenos@mail.gr", "allos@mail.gr")
    found = bill(world)
    assert (found["audiences"], found["contacts"], found["own_contacts"]) == (2, 4, 4)
    assert (found["own_addresses"], found["repeated_addresses"]) == (3, 1)
    assert found["saved_by_sharing"] == 1
    assert (found["contacts_by_mailchimp"], found["counted_by_mailchimp_at"]) == (None, None)
    assert (found["contact_limit"], found["used_percent"]) == (None, None)
    assert (found["is_near_limit"], found["is_over_limit"]) == (False, False)

    read(world)
    found, rows = bill(world), audiences(world)
    assert (found["audiences"], found["contacts"]) == (3, plan(world)["contacts"]) == (3, 7)
    assert (found["contacts_by_mailchimp"], found["own_contacts"]) == (7, 4)
    assert found["saved_by_sharing"] == 1, "we know nobody in an audience of others"
    assert (rows[foreign]["own_contacts"], rows[foreign]["contacts"]) == (None, 3)
    assert (rows[foreign]["collection_codes"], rows[foreign]["name"]) == (None, SETTINGS.name)
    assert rows[world.list_id("NEWS")]["collection_codes"] == "NEWS"


def test_who_is_billed_and_who_is_free(world: World) -> None:
    news = world.collection()
    names = ("menei", "efyge", "arxeio", "bounce", "svistike", "anaklisi")
    who = {name: world.contact(f"{name}@mail.gr", news) for name in names}
    world.sync()
    assert bill(world)["contacts"] == 6
    world.act("efyge@mail.gr", "unsubscribe")
    world.archive_by_hand("arxeio@mail.gr")
    world.bounce("bounce@mail.gr")
    with world.provider() as provider:
        provider.delete_member_permanently(world.list_id(), subscriber_hash("svistike@mail.gr"))
    world.consent(who["anaklisi"], granted=False)
    put(world, world.list_id(), "pelatis@mail.gr", "transactional")
    put(world, world.list_id(), "perimenei@mail.gr", "pending")
    world.sync(full_refresh=True, options=UNGUARDED)
    read(world)
    # Mailchimp's own count leaves out who is not yet subscribed.
    [row] = audiences(world).values()
    assert row["contacts"] == row["own_contacts"] == plan(world)["contacts"] == 4
    assert row["contacts_by_mailchimp"] == 3


def test_which_count_holds_for_an_audience(world: World) -> None:
    news = world.collection()
    for name in ("maria", "nikos"):
        world.contact(f"{name}@mail.gr", news)
    world.sync()
    read(world)
    own = world.list_id()
    # What comes after the last reading of reports is in our own count at once.
    world.contact("eleni@mail.gr", news)
    world.sync()
    row = audiences(world)[own]
    assert (row["contacts"], row["own_contacts"], row["contacts_by_mailchimp"]) == (3, 3, 2)
    # An audience that nobody listed yet: our count may lack members.
    world.warehouse.execute("update sync.audience set fully_listed_at = null")
    assert audiences(world)[own]["contacts"] == 2
    world.warehouse.execute("update stats.lists set read_at = null, member_count = null")
    assert audiences(world)[own]["contacts"] == 3
    # A list that only an old campaign names is no audience of today.
    world.warehouse.execute("insert into stats.lists (list_id, name) values ('palia', 'Παλιά')")
    assert set(audiences(world)) == {own}


def test_an_audience_that_is_gone_costs_nothing(world: World) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    world.sync()
    foreign = foreign_audience(world, "xenos@mail.gr")
    read(world)
    assert set(audiences(world)) == {world.list_id(), foreign}
    with world.provider() as provider:
        provider.client.call("DELETE", "/lists/{list_id}", ids={"list_id": foreign})
    read(world)
    assert set(audiences(world)) == {world.list_id()}
    assert bill(world)["contacts"] == plan(world)["contacts"] == 1


def test_a_former_audience_is_billed_until_it_is_deleted(world: World) -> None:
    news = world.collection()
    for name in ("maria", "nikos"):
        world.contact(f"{name}@mail.gr", news)
    world.sync()
    old = world.list_id()
    new = foreign_audience(world)
    world.crm.execute("update crm.contact_collection set provider_list_id = %s", (new,))
    world.sync(options=UNGUARDED)
    assert world.list_id() == new
    found = bill(world)
    assert found["contacts"] == plan(world)["contacts"] == 4
    assert (found["repeated_addresses"], found["saved_by_sharing"]) == (2, 2)
    with world.provider() as provider:
        provider.client.call("DELETE", "/lists/{list_id}", ids={"list_id": old})
    world.sync(full_refresh=True)
    read(world)
    assert bill(world)["contacts"] == plan(world)["contacts"] == 2


@pytest.mark.parametrize("is_read", [True, False])
def test_a_deleted_audience_is_not_billed_from_the_next_sync_on(
    world: World, is_read: bool
) -> None:
    """Not only after the next reports.

    Args:
        is_read: the reports have read the audience before it was deleted.
    """
    news, books = world.collection("NEWS"), world.collection("ΒΙΒΛΙΑ")
    world.contact("maria@mail.gr", news, books)
    world.sync()
    if is_read:
        read(world)
    assert bill(world)["contacts"] == plan(world)["contacts"] == 2
    gone = world.list_id("NEWS")
    with world.provider() as provider:
        provider.client.call("DELETE", "/lists/{list_id}", ids={"list_id": gone})

    assert (world.sync()["NEWS"].detail or "").startswith("audience_deleted: ")

    assert set(audiences(world)) == {world.list_id("ΒΙΒΛΙΑ")}
    assert bill(world)["contacts"] == plan(world)["contacts"] == 1
    assert bill(world)["saved_by_sharing"] == 0

    # The CRM names an audience that does not exist. The one that the collection has is billed.
    world.crm.execute(
        "update crm.contact_collection set provider_list_id = 'xxxxxxxxxx' where code = 'ΒΙΒΛΙΑ'"
    )
    assert (world.sync()["ΒΙΒΛΙΑ"].detail or "").startswith("audience_deleted: ")
    assert set(audiences(world)) == {world.list_id("ΒΙΒΛΙΑ")}


def test_each_account_has_a_bill_of_its_own(world: World) -> None:
    news, books = world.collection("NEWS"), world.collection("ΒΙΒΛΙΑ")
    world.contact("maria@mail.gr", news, books)
    world.contact("nikos@mail.gr", books)
    world.sync()
    assert (bill(world)["contacts"], bill(world)["saved_by_sharing"]) == (3, 1)
    for table in ("sync.audience", "sync.member", "stats.lists", "sync.collection_run"):
        world.warehouse.execute(
            f"update {table} set account = 'mailchimp_vivlia'"
            + ("" if table == "sync.collection_run" else " where list_id = %s"),
            () if table == "sync.collection_run" else (world.list_id("ΒΙΒΛΙΑ"),),
        )
    rows = world.warehouse.execute("select * from mart.bill order by account").fetchall()
    assert [(row["account"], row["contacts"], row["saved_by_sharing"]) for row in rows] == [
        (ACCOUNT, 1, 0),
        ("mailchimp_vivlia", 2, 0),
    ], "two accounts share no audience"
    assert noted(world, "mailchimp_vivlia=2,100") == ["mailchimp_vivlia"]
    assert noted(world, "mailchimp_vivlia=3,1") == [ACCOUNT]
    assert [text.split(":")[0] for text in alerts(world, Inbox())] == [f"account {ACCOUNT}"]


# ---- the limit


class Inbox:
    def __init__(self) -> None:
        self.messages: list[Message] = []

    def __call__(self, message: Message) -> bool:
        self.messages.append(message)
        return True


def noted(world: World, limit: str, percent: str = "") -> list[str]:
    names = {
        "MAILCHIMP_CONTACT_LIMIT": limit,
        "MAILCHIMP_CONTACT_WARNING_PERCENT": percent,
    }
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        note_contact_limits(warehouse, names)
        return [one.account for one in near_limits(warehouse)]


def alerts(world: World, inbox: Inbox, times: AlertTimes = AlertTimes()) -> list[str]:  # noqa: B008
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        return [str(trouble) for trouble in alert_about_bill(warehouse, times, inbox)]


def test_a_warning_comes_before_the_limit_and_once(world: World) -> None:
    news, inbox = world.collection(), Inbox()
    assert noted(world, "10") == [], "nothing is known yet"
    for number in range(8):
        world.contact(f"filos{number}@mail.gr", news)
    world.sync()
    assert noted(world, "") == []
    assert alerts(world, inbox) == []
    assert noted(world, "10") == []
    assert (bill(world)["used_percent"], bill(world)["contact_limit"]) == (80, 10)
    assert alerts(world, inbox) == []

    world.contact("filos8@mail.gr", news)
    world.sync()
    assert noted(world, "10") == [ACCOUNT]
    words = f"account {ACCOUNT}: at least 90 % of the 10 contacts that the plan includes"
    assert alerts(world, inbox) == [words]
    assert words in inbox.messages[-1].text
    assert "1 near limit" in inbox.messages[-1].subject
    assert alerts(world, inbox) == []
    world.contact("filos9@mail.gr", news)
    world.sync()
    assert (bill(world)["is_near_limit"], bill(world)["is_over_limit"]) == (True, False)
    assert alerts(world, inbox) == [], "one contact more is no news"
    assert alerts(world, inbox, AlertTimes(repeat_after=timedelta(0))) == [words]

    world.contact("filos10@mail.gr", news)
    world.sync()
    assert bill(world)["is_over_limit"] is True
    assert alerts(world, inbox) == [
        f"account {ACCOUNT}: more contacts than the 10 that the plan includes"
    ]
    assert noted(world, "1000") == []
    assert alerts(world, inbox) == []
    assert noted(world, "11") == [ACCOUNT]
    assert len(alerts(world, inbox)) == 1, "a relapse is said again"
    text = " ".join(message.subject + message.text for message in inbox.messages)
    assert "@" not in text and "filos" not in text


def test_the_limit_is_the_setting_s(world: World) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    world.sync()

    def limit() -> Any:
        return bill(world)["contact_limit"], bill(world)["warning_percent"]

    for text, found in (
        ("5", (5, 90)),
        (f"{ACCOUNT}=7", (7, 90)),
        (f" {ACCOUNT} = 8 , 3", (8, 90)),
        ("0", (None, None)),
        (f"9,{ACCOUNT}=0", (None, None)),
        ("6", (6, 90)),
    ):
        noted(world, text)
        assert limit() == found, text
    assert noted(world, "6", "10") == [ACCOUNT]
    assert limit() == (6, 10)
    for wrong in ("πέντε", "-1", "a=1,a=2", "1,2", "=5", "a="):
        with pytest.raises(SettingError, match="MAILCHIMP_CONTACT_LIMIT"):
            noted(world, wrong)
        assert limit() == (6, 10), "the last limit stays"
    with pytest.raises(SettingError, match=rf"names mailchimp_vivlia\. .* {ACCOUNT}\."):
        noted(world, "mailchimp_vivlia=4,5")
    assert limit() == (5, 90), "the known account's limit is obeyed"
    noted(world, "")
    assert limit() == (None, None)


def test_contacts_beyond_the_plan_block_additions_and_nothing_else(world: World) -> None:
    """A refusal of the sandbox, not of a stand-in: the withdrawal goes out all the same."""
    news = world.collection()
    first = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    plan(world, max_contacts=2, over_limit="refuse")
    world.contact("eleni@mail.gr", news)
    world.consent(first, granted=False)
    result = world.sync(options=UNGUARDED)["NEWS"]
    assert result.state == "blocked"
    assert (result.detail or "").startswith("contact_limit: ")
    assert world.remote() == {"maria@mail.gr": "unsubscribed", "nikos@mail.gr": "subscribed"}
    assert bill(world)["contacts"] == plan(world)["contacts"] == 2
    plan(world, max_contacts=3)
    assert world.sync(options=UNGUARDED)["NEWS"].counts["added"] == 1
    assert bill(world)["contacts"] == plan(world)["contacts"] == 3


# ---- random histories

CODES = ("NEWS", "ΝΕΑ", "ΒΙΒΛΙΑ")
PEOPLE = tuple(f"filos{number}@ελιά.gr" for number in range(5))
ACTS = (
    "join",
    "leave",
    "withdraw",
    "grant",
    "unsubscribe",
    "archive",
    "bounce",
    "delete",
    "sign_up",
    "customer",
    "sync",
)


@settings(
    max_examples=3,
    deadline=None,
    # A history takes seconds: shorter ones would not be found in time.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    history=st.lists(
        st.tuples(st.sampled_from(ACTS), st.integers(0, 4), st.integers(0, 2)),
        min_size=10,
        max_size=20,
    )
)
@pytest.mark.timeout(600)
def test_the_view_counts_as_mailchimp_does(
    server: Any, mailchimp_sandbox: Any, history: list[tuple[str, int, int]]
) -> None:
    mailchimp_sandbox.control("POST", "reset")
    with fresh_databases(server) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        live(world, history)
        foreign_audience(world, "xenos@mail.gr", "filos0@xn--hxarmh.gr")
        world.sync(full_refresh=True, options=UNGUARDED)
        read(world)
        expect(world)
        world.close()


def live(world: World, history: list[tuple[str, int, int]]) -> None:
    collections = [world.collection(code) for code in CODES]
    contacts = [
        world.contact(email, collections[number % 3], collections[(number + 1) % 3])
        for number, email in enumerate(PEOPLE)
    ]
    joined = {(number, place % 3) for number in range(5) for place in (number, number + 1)}
    world.sync()
    for act, who, where in history:
        email, code = PEOPLE[who].replace("ελιά", "xn--hxarmh"), CODES[where]
        status = world.remote(code).get(email)
        if act == "join" and (who, where) not in joined:
            joined.add((who, where))
            world.join(collections[where], contacts[who])
        elif act == "leave":
            joined.discard((who, where))
            world.leave(collections[where], contacts[who])
        elif act == "withdraw":
            world.consent(contacts[who], granted=False)
        elif act == "grant":
            world.regrant(contacts[who])
        elif act == "archive" and status in ("subscribed", "unsubscribed"):
            world.archive_by_hand(email, code)
        elif act == "bounce" and status == "subscribed":
            world.bounce(email, code)
        elif act == "unsubscribe" and status == "subscribed":
            world.act(email, "unsubscribe", code)
        elif act == "delete" and status:
            with world.provider() as provider:
                provider.delete_member_permanently(world.list_id(code), subscriber_hash(email))
        elif act == "sign_up":
            world.act(f"neos{who}@mail.gr", "subscribe", code)
        elif act == "customer" and f"pelatis{who}@mail.gr" not in world.remote(code):
            put(world, world.list_id(code), f"pelatis{who}@mail.gr", "transactional")
        elif act == "sync":
            world.sync(options=UNGUARDED)


def expect(world: World) -> None:
    """The bill against the sandbox's own count, and against the members that it lists."""
    found, rows, true = bill(world), audiences(world), plan(world)
    assert {list_id: row["contacts"] for list_id, row in rows.items()} == true["contacts_by_list"]
    assert found["contacts"] == true["contacts"]
    held: Counter[str] = Counter()
    for code in CODES:
        held.update(
            email.lower() for email, status in world.remote(code).items() if status in BILLED
        )
    assert found["own_contacts"] == held.total()
    assert found["own_addresses"] == len(held)
    assert found["repeated_addresses"] == sum(times > 1 for times in held.values())
    assert found["saved_by_sharing"] == held.total() - len(held)
