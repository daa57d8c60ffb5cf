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
            event["ip"] if event["action"] != "bounce" else "",
            event["bounce_type"],
            event["is_proxy"],
        )
        for event in world.account.events()
        if event["action"] in ("open", "click", "bounce")
    )
    with psycopg.connect(world.services.warehouse) as warehouse:
        stored = Counter(
            warehouse.execute(
                "select campaign_id, subscriber_hash, action,"
                " extract(epoch from occurred_at)::bigint,"
                " case when action = 'click' then url else '' end, coalesce(host(ip::inet), ''),"
                " coalesce(bounce_type, ''), coalesce(is_proxy_open, false)"
                " from stats.campaign_activities"
            ).fetchall()
        )
    assert {key[2] for key in happened} == {"open", "click", "bounce"}
    assert {key[6] for key in happened} == {"", "hard", "soft"}
    assert {key[7] for key in happened} == {False, True}
    assert stored == happened


def test_every_recipient_and_unsubscribe_came_back(world: World) -> None:
    sent = Counter(
        (event["campaign_id"], event["subscriber_hash"])
        for event in world.account.events(action="sent")
    )
    left = Counter(
        (event["campaign_id"], event["subscriber_hash"], event["at"], event["detail"])
        for event in world.account.events(action="unsubscribe")
    )
    with psycopg.connect(world.services.warehouse) as warehouse:
        recipients = Counter(
            warehouse.execute(
                "select campaign_id, subscriber_hash from stats.campaign_recipients"
            ).fetchall()
        )
        unsubscribes = Counter(
            warehouse.execute(
                "select campaign_id, subscriber_hash,"
                " extract(epoch from unsubscribed_at)::bigint, coalesce(reason, '')"
                " from stats.campaign_unsubscribes"
            ).fetchall()
        )
    assert sum(recipients.values()) == sum(campaign.recipients for campaign in world.campaigns)
    assert recipients == sent
    assert unsubscribes == left
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
