"""A few trials of faults, and of the comparison itself. ``make soak`` does this for an hour."""

from __future__ import annotations

from collections import Counter

import psycopg
import pytest

from reliability.dump import LEFT_OUT, compare, tables
from reliability.faults import FAULTS, Fault
from reliability.repeat import command
from reliability.servers import NotPermittedError, Postgres
from reliability.story import CHAPTERS
from reliability.trial import Theatre, try_fault

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reliability"), pytest.mark.timeout(900)]

STORY = 1
#: One fault of each kind, and the trial in which it is tried. The soak tries them all.
BOUNDED = {
    "kill -9 of a task at a request to Mailchimp": 0,
    "kill -9 of a task while it talks to the warehouse": 1,
    "the line to the warehouse is cut": 2,
    "kill -9 of the warehouse's server": 3,
    "the warehouse's disk is full": 4,
    "connection reset after Mailchimp acted": 5,
    "two runs at once": 6,
    "tasks cleared in any order": 7,
}
_BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.fixture(scope="module")
def theatre(
    crm_server: Postgres, warehouse_server: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Theatre:
    """Its databases go with the servers, which no other test uses."""
    made = Theatre(crm_server, warehouse_server, tmp_path_factory.mktemp("theatre"), STORY)
    made.play()
    return made


@pytest.mark.parametrize(("name", "number"), BOUNDED.items(), ids=[*BOUNDED])
def test_nothing_is_lost(theatre: Theatre, name: str, number: int) -> None:
    try:
        verdict = try_fault(theatre, _BY_NAME[name], number)
    except NotPermittedError as error:
        pytest.skip(str(error))

    assert verdict.struck, f"the fault came too late: {verdict.lost()}"
    assert verdict.is_good, f"{verdict.lost()}\nrepeat it: {command(name, STORY, number)}"


def test_the_comparison_sees_each_table(theatre: Theatre) -> None:
    """A row too many or too few in any of them is a difference."""
    last = theatre.endings[-1].dump
    with psycopg.connect(theatre.warehouse.dsn(f"warehouse_twin_{STORY}")) as warehouse:
        known = tables(warehouse)

    assert set(LEFT_OUT) <= set(known)
    assert set(known) - set(LEFT_OUT) <= set(last)
    for place, rows in last.items():
        for row in list(rows)[:1]:
            assert compare(last, {**last, place: rows - Counter([row])}), place
        assert compare(last, {**last, place: rows + Counter(["another"])}), place


def test_the_story_is_worth_comparing(theatre: Theatre) -> None:
    """What may get lost is there: mails, refusals, events, people held back, marts."""
    last = theatre.endings[-1].dump
    for place in (
        *("Mailchimp's members", "mails sent", "sync.refusal", "sync.quarantine"),
        *("sync.erasure_receipt", "sync.consent_proof", "stats.campaign_activities"),
        *("stats.campaign_unsubscribes", "mart.contact_engagement", "mart.campaign_quarter_hours"),
        *("crm.provider_member_status", "crm.provider_campaign", "sync.changed_address"),
    ):
        assert last[place], place
    assert all(ending.reach for ending in theatre.endings)
    assert len(theatre.endings) == len(CHAPTERS)


def test_a_mail_is_sent_once(theatre: Theatre) -> None:
    sent = theatre.endings[-1].dump["mails sent"]
    assert sent
    assert set(sent.values()) == {1}


def test_each_fault_has_a_name_of_its_own() -> None:
    assert len(_BY_NAME) == len(FAULTS)
    assert all(isinstance(fault, Fault) and fault.name for fault in FAULTS)
