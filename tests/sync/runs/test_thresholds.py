"""The thresholds of a sync: one alert above them, one notice below, by collection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.settings import ThresholdSettings, require_usable
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.alert_messages import Message
from crm_mailchimp.sync.runs.run_alerts import AlertTimes, alert_about_run, alert_about_thresholds
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.runs.sync_thresholds import SyncThresholds, usable_thresholds
from crm_mailchimp.sync.staging.known_collections import continue_as_same
from crm_mailchimp.sync.staging.stagings import codes_to_sync
from fresh_databases import fresh_databases
from sharing_world import NAME, share
from sync_world import World

UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=10_000, half=1.0))
LOW = SyncThresholds(
    most_rejected=20, most_held_back=40, most_expired=20, least_contacts=5, least_people=2
)
ALERT, WELL = "Mailchimp sync: 1 too many {}", "Mailchimp sync: 1 well again"


@pytest.fixture(params=["postgres", "debian_postgres"])
def any_world(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    server = request.getfixturevalue(request.param)
    with fresh_databases(server) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


class Inbox:
    """Takes messages, unless it is out of order."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.works = True

    def __call__(self, message: Message) -> bool:
        if self.works:
            self.messages.append(message)
        return self.works

    def new(self) -> list[str]:
        subjects = [message.subject for message in self.messages]
        self.messages.clear()
        return subjects


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def run(
    world: World,
    inbox: Inbox,
    *,
    options: SyncOptions = UNGUARDED,
    thresholds: SyncThresholds = LOW,
    dry_run: bool = False,
) -> list[str]:
    """One run with its end; gives the subjects of its messages."""
    staging_id = world.stage(dry_run=dry_run)
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        codes = codes_to_sync(warehouse, staging_id)
    for code in codes:
        world.push(staging_id, code, options=options)
    judge(world, inbox, staging_id, thresholds)
    return inbox.new()


def judge(world: World, inbox: Inbox, staging_id: int, thresholds: SyncThresholds = LOW) -> None:
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        alert_about_thresholds(warehouse, staging_id, thresholds, inbox)


def health(world: World, code: str = "NEWS") -> dict[str, Any]:
    [row] = world.warehouse.execute(
        "select * from sync.collection_health where collection_code = %s", (code,)
    ).fetchall()
    return dict(row)


def people(world: World, count: int, *collections: int, **columns: Any) -> list[int]:
    return [
        world.contact(
            f"{'-'.join(map(str, collections))}p{number}@mail.gr", *collections, **columns
        )
        for number in range(count)
    ]


def expire(world: World, contacts: list[int]) -> None:
    world.crm.execute(
        "update crm.consent set expires_at = now() - interval '1 minute'"
        " where contact_id = any(%s)",
        (contacts,),
    )


def renew(world: World, contacts: list[int]) -> None:
    world.crm.execute(
        "update crm.consent set expires_at = null where contact_id = any(%s)", (contacts,)
    )


def test_held_back_causes_one_alert_and_then_that_it_is_well(
    any_world: World, inbox: Inbox
) -> None:
    world = any_world
    news = world.collection("NEWS")
    contacts = people(world, 10, news)
    silent = [world.contact(None, news) for _ in range(8)]
    assert run(world, inbox) == [ALERT.format("held back")]
    assert (health(world)["held_back"], health(world)["staged"]) == (8, 18)
    assert health(world)["too_many"] == ["held_back"]
    for _ in range(2):
        assert run(world, inbox) == [], "the same trouble is not repeated"
    for number, contact in enumerate(silent):
        world.change_contact(contact, email=f"q{number}@mail.gr")
    assert run(world, inbox) == [WELL]
    assert run(world, inbox) == []
    assert health(world)["above_since"] is None
    # A relapse is news.
    for contact in contacts[:9]:
        world.change_contact(contact, email=None)
    assert run(world, inbox) == [ALERT.format("held back")]


def test_the_words_name_the_collection_and_nobody(world: World, inbox: Inbox) -> None:
    news = world.collection("NEWS")
    people(world, 3, news)
    for _ in range(4):
        world.contact(None, news)
    staging_id = world.stage()
    world.push(staging_id, "NEWS")
    judge(world, inbox, staging_id)
    [message] = inbox.messages
    assert "  NEWS: more than 40 %" in message.text
    assert 'docs/operations.md, section "The thresholds of a sync"' in message.text
    assert "@" not in message.text


def test_few_contacts_raise_no_alarm(world: World, inbox: Inbox) -> None:
    news = world.collection("NEWS")
    people(world, 1, news)
    world.contact(None, news)
    assert run(world, inbox) == [], "1 of 2"
    assert run(world, inbox, thresholds=replace(LOW, least_contacts=2)) == [], "1 person"
    both = replace(LOW, least_contacts=2, least_people=1)
    assert run(world, inbox, thresholds=both) == [ALERT.format("held back")]


def test_newly_expired_consents_count_in_their_run_alone(any_world: World, inbox: Inbox) -> None:
    world = any_world
    news = world.collection("NEWS")
    contacts = people(world, 10, news)
    expire(world, contacts[:3])
    assert run(world, inbox) == [], "in its first run everybody is new"
    expire(world, contacts[3:6])
    staging_id = world.stage()
    world.push(staging_id, "NEWS", options=UNGUARDED)
    for _ in range(2):
        judge(world, inbox, staging_id, replace(LOW, most_held_back=100))
    assert inbox.new() == [ALERT.format("expired")], "a repeated end of the run changes nothing"
    assert health(world)["expired"] == 3
    assert run(world, inbox, thresholds=replace(LOW, most_held_back=100)) == [WELL]


def test_a_mass_expiry_that_the_guard_stops_causes_an_alert(world: World, inbox: Inbox) -> None:
    news = world.collection("NEWS")
    contacts = people(world, 10, news)
    assert run(world, inbox) == []
    expire(world, contacts[:6])
    guarded = SyncOptions(limits=GuardLimits(share=0.1, minimum=2, half=0.5))
    sent = run(world, inbox, options=guarded, thresholds=replace(LOW, most_held_back=100))
    assert sent == [ALERT.format("expired")]
    assert set(world.remote().values()) == {"subscribed"}, "nobody was removed"


def test_rejections_stay_until_they_are_repaired(any_world: World, inbox: Inbox) -> None:
    world = any_world
    news = world.collection("NEWS")
    people(world, 6, news)
    wrong = [world.contact(f"test@shop{number}.example.com", news) for number in range(3)]
    assert run(world, inbox) == [ALERT.format("rejected")]
    assert (health(world)["sent"], health(world)["rejected"]) == (9, 3)
    assert run(world, inbox) == [], "nothing was sent: they are refused as before"
    assert health(world)["too_many"] == ["rejected"]
    for number, contact in enumerate(wrong):
        world.change_contact(contact, email=f"right{number}@mail.gr")
    assert run(world, inbox) == [WELL]


def test_a_preview_and_a_failed_run_say_nothing(world: World, inbox: Inbox) -> None:
    news = world.collection("NEWS")
    people(world, 3, news)
    for _ in range(5):
        world.contact(None, news)
    assert run(world, inbox, dry_run=True) == []
    assert world.warehouse.execute("select 1 from sync.collection_health").fetchall() == []
    assert run(world, inbox) == [ALERT.format("held back")]
    before = health(world)
    world.crm.execute("delete from crm.contact where email is null")
    world.crm.execute("update crm.contact_collection set campaign_type = null")
    assert run(world, inbox, dry_run=True) == []
    assert run(world, inbox) == [], "a blocked run without a plan is not well"
    assert health(world) == before


def test_a_message_that_nobody_got_comes_again(world: World, inbox: Inbox) -> None:
    news = world.collection("NEWS")
    people(world, 3, news)
    silent = [world.contact(None, news) for _ in range(5)]
    inbox.works = False
    assert run(world, inbox) == []
    inbox.works = True
    assert run(world, inbox) == [ALERT.format("held back")]
    world.crm.execute("delete from crm.collection_member where contact_id = any(%s)", (silent,))
    inbox.works = False
    assert run(world, inbox) == []
    inbox.works = True
    assert run(world, inbox) == [WELL]


def test_another_alert_about_the_run_leaves_it(world: World, inbox: Inbox) -> None:
    """The alert about blocked and failed collections forgets only its own."""
    news = world.collection("NEWS")
    people(world, 3, news)
    for _ in range(5):
        world.contact(None, news)
    assert run(world, inbox) == [ALERT.format("held back")]
    staging_id = world.stage()
    world.push(staging_id, "NEWS")
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        assert alert_about_run(warehouse, staging_id, AlertTimes(), inbox) == []
    judge(world, inbox, staging_id)
    assert inbox.new() == []


def test_a_collection_keeps_its_figures_under_another_code_and_id(
    any_world: World, inbox: Inbox
) -> None:
    world = any_world
    news = world.collection("NEWS")
    contacts = people(world, 10, news)
    silent = [world.contact(None, news) for _ in range(8)]
    assert run(world, inbox) == [ALERT.format("held back")]
    world.crm.execute("update crm.contact_collection set code = 'ΝΕΑ'")
    assert run(world, inbox) == [], "the code is another, the trouble is the same"
    world.crm.execute(
        "alter table crm.collection_member drop constraint if exists"
        " collection_member_collection_id_fkey"
    )
    world.crm.execute("update crm.contact_collection set collection_id = 900")
    world.crm.execute("update crm.collection_member set collection_id = 900")
    assert run(world, inbox) == []
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        assert continue_as_same(warehouse, "ΝΕΑ") == (news, 900)
    expire(world, contacts[:4])
    sent = run(world, inbox, thresholds=replace(LOW, most_held_back=40))
    assert sent == [ALERT.format("expired")], "it is not its first run"
    renew(world, contacts[:4])
    world.crm.execute("delete from crm.collection_member where contact_id = any(%s)", (silent,))
    assert run(world, inbox) == ["Mailchimp sync: 2 well again"]
    assert health(world, "ΝΕΑ")["collection_id"] == 900


def test_collections_of_a_shared_audience_have_their_own_figures(
    any_world: World, inbox: Inbox
) -> None:
    world = any_world
    share(world)
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    people(world, 8, news)
    people(world, 8, offers)
    for number in range(4):
        world.contact(f"test@shop{number}.example.com", offers)
    for _ in range(8):
        world.contact(None, news)
    assert run(world, inbox) == ["Mailchimp sync: 1 too many rejected, 1 too many held back"]
    assert health(world, "NEWS")["too_many"] == ["held_back"]
    assert (health(world, "NEWS")["rejected"], health(world, "NEWS")["held_back"]) == (0, 8)
    assert health(world, "OFFERS")["too_many"] == ["rejected"]
    assert (health(world, "OFFERS")["rejected"], health(world, "OFFERS")["sent"]) == (4, 12)
    rows = world.warehouse.execute("select collection_code from sync.collection_health").fetchall()
    assert {row["collection_code"] for row in rows} == {"NEWS", "OFFERS"}, "not the audience"
    # It leaves the shared audience for one of its own: the same people, the same trouble.
    world.crm.execute(
        "update crm.contact_collection set shared_audience = null where code = 'NEWS'"
    )
    assert run(world, inbox) == []
    assert health(world, "NEWS")["too_many"] == ["held_back"]


def test_wrong_settings_are_named_and_do_not_end_the_judging() -> None:
    assert usable_thresholds({"SYNC_MOST_HELD_BACK": "30.5"}).most_held_back == 30.5
    for text in ("-1", "101", "πολλά"):
        with pytest.raises(SettingError, match="SYNC_MOST_HELD_BACK"):
            require_usable({ThresholdSettings: ()}, {"SYNC_MOST_HELD_BACK": text})
        assert usable_thresholds({"SYNC_MOST_HELD_BACK": text}) == usable_thresholds({})
    defaults = usable_thresholds({})
    assert (defaults.least_contacts, defaults.least_people) == (100, 10)
