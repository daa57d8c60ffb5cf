"""``extract_reports`` and ``refresh_marts`` on a real scheduler, against the sandbox's ledger."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from end_to_end.conftest import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(900)]


def test_both_runs_succeeded(world: World) -> None:
    assert (world.reports_state, world.marts_state) == ("success", "success")


def test_every_event_came_back_once(world: World) -> None:
    happened = Counter(
        (
            *(event["campaign_id"], event["subscriber_hash"], event["action"], event["at"]),
            event["url"] if event["action"] == "click" else "",
        )
        for event in world.account.events()
        if event["action"] in ("open", "click", "bounce")
    )
    with psycopg.connect(world.services.warehouse) as warehouse:
        stored = Counter(
            (campaign, member, action, int(at.timestamp()), url if action == "click" else "")
            for campaign, member, action, at, url in warehouse.execute(
                "select campaign_id, subscriber_hash, action, occurred_at, url "
                "from stats.campaign_activities"
            )
        )
    assert {kind for _, _, kind, _, _ in happened} == {"open", "click", "bounce"}
    assert stored == happened


def test_every_recipient_and_unsubscribe_came_back(world: World) -> None:
    def pairs(action: str) -> Counter[tuple[str, str]]:
        return Counter(
            (event["campaign_id"], event["subscriber_hash"])
            for event in world.account.events(action=action)
        )

    with psycopg.connect(world.services.warehouse) as warehouse:
        recipients = Counter(
            warehouse.execute(
                "select campaign_id, subscriber_hash from stats.campaign_recipients"
            ).fetchall()
        )
        unsubscribes = Counter(
            warehouse.execute(
                "select campaign_id, subscriber_hash from stats.campaign_unsubscribes"
            ).fetchall()
        )
    assert sum(recipients.values()) == sum(campaign.recipients for campaign in world.campaigns)
    assert recipients == pairs("sent")
    assert unsubscribes == pairs("unsubscribe")
    assert unsubscribes


def test_marts_say_who_read_how_often(world: World) -> None:
    # One address may stand for different contacts in different audiences.
    opens = Counter(
        (event["list_id"], event["subscriber_hash"])
        for event in world.account.events(action="open")
    )
    with psycopg.connect(world.services.warehouse) as warehouse:
        contacts = {
            (list_id, member): contact
            for list_id, member, contact in warehouse.execute(
                "select list_id, subscriber_hash, contact_id from sync.member"
            )
        }
        engagement = dict(
            warehouse.execute(
                "select contact_id, opens from mart.contact_engagement "
                "where contact_id is not null and opens > 0"
            )
        )
    assert len(opens) > 100
    by_contact: Counter[int] = Counter()
    for member, number in opens.items():
        by_contact[contacts[member]] += number
    assert engagement == by_contact


def test_figures_add_up_with_mailchimps(world: World) -> None:
    with psycopg.connect(world.services.warehouse) as warehouse:
        different = warehouse.execute(
            "select campaign_id, metric, difference from stats.reconciliation where difference <> 0"
        ).fetchall()
    assert different == []
