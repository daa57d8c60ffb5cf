"""``extract_reports`` and ``refresh_marts`` on a real scheduler, against the sandbox's ledger."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest

from end_to_end.conftest import RUN_SECONDS

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


def test_a_mistyped_campaign_fails_at_once(world: World) -> None:
    run_id = world.airflow.trigger("extract_reports", {"campaigns": ["καμία"]})
    assert world.airflow.wait_for_run("extract_reports", run_id, seconds=RUN_SECONDS) == "failed"
    tasks = {one.task_id: one for one in world.airflow.task_instances("extract_reports", run_id)}
    assert tasks["choose_campaigns"].state == "failed"
    assert tasks["announce"].state == "upstream_failed"


def test_what_nothing_explains_stops_the_marts_until_a_person_accepts_it(world: World) -> None:
    def run(**params: str) -> tuple[str, dict[str, str | None]]:
        run_id = world.airflow.trigger("extract_reports", params)
        state = world.airflow.wait_for_run("extract_reports", run_id, seconds=RUN_SECONDS)
        tasks = world.airflow.task_instances("extract_reports", run_id)
        return state, {task.task_id: task.state for task in tasks}

    def control(path: str, **body: Any) -> None:
        base = world.services.mailchimp_url.removesuffix("/3.0")
        httpx.post(f"{base}/_sandbox/{path}", json=body, timeout=60).raise_for_status()

    with psycopg.connect(world.services.warehouse, autocommit=True) as warehouse:
        first = warehouse.execute(
            "select campaign_id, list_id, sent_at from stats.campaigns"
            " where status = 'sent' order by sent_at limit 1"
        ).fetchone()
        assert first
        campaign_id, list_id, sent_at = first
        # An open that Mailchimp counts and never lists.
        reader = next(iter(world.account.events(campaign_id=campaign_id, action="sent")))
        control("lag", **{"email-activity": 10**9})
        control(
            "act",
            list_id=list_id,
            campaign_id=campaign_id,
            email_address=reader["email_address"],
            action="open",
        )
        assert run()[0] == "success", "within a day it may still come"
        warehouse.execute(
            "update stats.reconciliation set unexplained_since = now() - interval '2 days'"
            " where unexplained_since is not null"
        )
        state, tasks = run()
        assert state == "failed"
        assert (tasks["check_figures"], tasks["announce"]) == ("failed", "upstream_failed")

        # A backfill over that second alone, by somebody who knows better.
        sent_then = {
            f"/reports/{found}/email-activity"
            for (found,) in warehouse.execute(
                "select campaign_id from stats.campaigns where sent_at = %s", (sent_at,)
            )
        }
        before = len(list(world.account.requests()))
        state, tasks = run(
            since=sent_at.isoformat(),
            until=(sent_at + timedelta(seconds=1)).isoformat(),
            accept_differences="Το άνοιγμα δεν θα έρθει",
        )
        assert (state, tasks["announce"]) == ("success", "success")
        read = {
            row["path"]
            for row in list(world.account.requests())[before:]
            if row["template"] == "/reports/{campaign_id}/email-activity"
        }
        assert read == sent_then
        assert warehouse.execute(
            "select campaign_id, reason, accepted from stats.accepted_difference"
            " where metric = 'opens_total'"
        ).fetchall() == [(campaign_id, "Το άνοιγμα δεν θα έρθει", 1)]
        accepted_by = warehouse.execute(
            "select distinct accepted_by from stats.accepted_difference"
        ).fetchall()
        assert len(accepted_by) == 1
        assert "(run " in accepted_by[0][0]
        assert not accepted_by[0][0].startswith("somebody")
