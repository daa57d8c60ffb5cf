"""The DAGs on a real scheduler: scheduled, taken back, released by a person, sent, reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import psycopg
import pytest
import requests

from admin_page import admin_page
from airflow_world import RUN_SECONDS, AirflowWorld, installed_airflow, wait_until
from approvals.mail_and_web import Webhook, serving
from campaign_world import BODY
from crm_mailchimp.accounts import Accounts
from crm_mailchimp.campaigns.campaign_options import CampaignOptions
from crm_mailchimp.campaigns.next_action import next_quarter
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.sync.runs.collection_sync import sync_collection
from crm_mailchimp.sync.staging.stage import stage
from local_installation.local_services import Services

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(1200)]

DAGS = ("sync_campaigns", "send_campaigns", "release_campaigns")
#: Long enough for a run to begin waiting before its moment.
MOMENT = timedelta(seconds=5)
#: A campaign goes into Mailchimp's schedule as soon as it may.
EARLY = str(30 * 24 * 60)


class World(AirflowWorld):
    def campaign(self, code: str = "NL-11") -> dict[str, Any]:
        (row,) = self.warehouse("select * from sync.campaign where campaign_code = %s", code)
        return row

    def gates(self, code: str = "NL-11") -> list[tuple[str, list[str], bool]]:
        """The gate's answers in the order of their times; one answer given twice is one."""
        rows = self.warehouse(
            "select occasion, is_open, reasons from sync.campaign_gate where campaign_code = %s"
            " order by gate_id",
            code,
        )
        judged = [
            (row["occasion"], [reason["code"] for reason in row["reasons"]], row["is_open"])
            for row in rows
        ]
        # Airflow repeats a task that it took for killed: the gate is judged again, with the same
        # answer. Its scheduler does so when a task goes on before it knows that the task waits.
        return [answer for answer, _ in groupby(judged)]

    def plan(self, code: str, planned_at: datetime) -> None:
        self.crm(
            "update crm.campaign set state = 'approved', planned_at = %s where code = %s",
            planned_at,
            code,
        )

    def consent(self, contact_id: int, *, granted: bool) -> None:
        self.crm(
            "insert into crm.consent select max(consent_id) + 1, %s, 'email', 'newsletter', %s,"
            " now(), null, 'test', now() from crm.consent",
            contact_id,
            granted,
        )

    def let_days_pass(self, days: int) -> None:
        answer = requests.post(
            f"{self.services.mailchimp_url}/_sandbox/clock/advance",
            json={"days": days},
            timeout=60,
            proxies={"http": ""},
        )
        answer.raise_for_status()


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    with serving(Webhook()) as server:
        yield server


@pytest.fixture(scope="module")
def world(webhook: Webhook) -> Iterator[World]:
    with installed_airflow(
        "campaigns",
        dags=DAGS,
        contacts=200,
        extra={
            "CAMPAIGNS_SCHEDULE": "",
            "CAMPAIGN_SCHEDULE_AHEAD": EARLY,
            "ALERT_WEBHOOK_URL": webhook.url,
            "WRITE_BACK_CAMPAIGNS": "true",
        },
    ) as installed:
        yield World(**vars(installed))


def test_from_plan_to_inbox(world: World, webhook: Webhook) -> None:
    sync_newsletter(world.services)
    for number, code in enumerate(("NL-11", "NL-12"), start=9001):
        world.crm(
            "insert into crm.campaign (campaign_id, code, description, collection_id,"
            " campaign_type, subject_line, state) select %s, %s, 'Ενημερωτικό', collection_id,"
            " campaign_type, 'Τα νέα μας', 'draft' from crm.contact_collection"
            " where code = 'NEWSLETTER'",
            number,
            code,
        )

    def sync_campaigns() -> str:
        run_id, state = world.run("sync_campaigns", campaigns=["NL-11", "NL-12"])
        assert state == "success", world.states("sync_campaigns", run_id)
        return run_id

    # Planned: drafts, designed by people.
    sync_campaigns()
    client = MailchimpClient(world.services.mailchimp_key, host=world.services.mailchimp_url)
    with Mailchimp(client) as mailchimp:
        for code in ("NL-11", "NL-12"):
            client.campaigns.set_content(
                world.campaign(code)["provider_campaign_id"], {"html": BODY}
            )
    provider_id = world.campaign()["provider_campaign_id"]

    # Approved: judged and scheduled; the last check is waited for, and takes no worker.
    at = next_quarter(datetime.now(UTC) + timedelta(hours=5))
    world.plan("NL-11", at)
    sync_campaigns()
    assert (world.campaign()["action"], world.campaign()["status"]) == ("scheduled", "schedule")
    assert world.gates() == [("schedule", [], True)]
    assert webhook.texts == []
    (waiting,) = world.airflow.run_ids("send_campaigns")
    wait_until(lambda: world.states("send_campaigns", waiting)["when_due"] == "deferred")
    last_check = at - CampaignOptions().last_check
    assert waiting == f"campaign-9001-{last_check:%Y%m%dT%H%M%S}"

    # Somebody withdraws; the last check comes, here at a moment of our own: taken back.
    (member,) = world.warehouse(
        "select contact_id from sync.member where status = 'subscribed' order by 1 limit 1"
    )
    world.consent(member["contact_id"], granted=False)
    run_id, state = world.run(
        "send_campaigns",
        campaign="NL-11",
        wait_until=(datetime.now(UTC) + MOMENT).isoformat(),
        provider_campaign_id=provider_id,
        is_ours=True,
    )
    assert state == "success", world.states("send_campaigns", run_id)
    assert (world.campaign()["action"], world.campaign()["status"]) == ("held", "save")
    assert world.gates()[1:] == [("schedule", ["no_valid_consent", "refused_address"], False)]
    assert world.airflow.run_ids("release_campaigns") == [], "nobody is asked about consent"
    # It is seen at once: the task is not green, and the run says why.
    assert world.states("send_campaigns", run_id)["when_due"] == "skipped"
    note = world.note("send_campaigns", run_id)
    assert "Mailchimp: campaign NL-11 is held: gate " in note
    assert f"{world.airflow.url}/mailchimp-page/#campaign-NL-11" in note
    [alert] = webhook.texts
    assert (
        f"  campaign NL-11: planned for {at:%Y-%m-%d %H:%M} UTC: no_valid_consent, refused_address"
    ) in alert.splitlines()

    # The consent is restored; what is left a person may release: two are asked at a time.
    world.consent(member["contact_id"], granted=True)
    world.warehouse("update sync.staging_run set clock = clock - interval '3 hours'")
    for code in ("NL-11", "NL-12"):
        world.plan(code, datetime.now(UTC) - timedelta(minutes=1))
    closed = sync_campaigns()
    assert world.states("sync_campaigns", closed)["sync_campaign"] == "skipped"
    note = world.note("sync_campaigns", closed)
    for code in ("NL-11", "NL-12"):
        assert f"Mailchimp: campaign {code}: Required Actions in Airflow asks a person" in note
        assert f"Mailchimp: campaign {code} is held: gate " in note
    asked = {
        row["campaign_code"]: f"gate-{row['gate_id']}"
        for row in world.warehouse("select gate_id, campaign_code from sync.campaign_gate"
                                   " inner join sync.campaign_release using (gate_id)")
    }  # fmt: skip
    assert sorted(asked) == ["NL-11", "NL-12"]
    wait_until(lambda: all(world.asks("release_campaigns", run_id) for run_id in asked.values()))
    before = world.airflow.run_ids("sync_campaigns")
    with admin_page(world) as page:
        for code, answer in (("NL-12", "reject"), ("NL-11", "approve")):
            page.answer("releases", int(asked[code].removeprefix("gate-")), answer)
    for run_id in asked.values():
        state = world.airflow.wait_for_run("release_campaigns", run_id, seconds=RUN_SECONDS)
        assert state == "success", world.states("release_campaigns", run_id)
    assert world.states("release_campaigns", asked["NL-12"])["go_on"] == "skipped"
    assert world.states("release_campaigns", asked["NL-11"])["go_on"] == "success"
    assert "rejected, so nothing is released" in world.note("release_campaigns", asked["NL-12"])
    assert "approved for 24 hours" in world.note("release_campaigns", asked["NL-11"])
    assert world.run("release_campaigns", campaign="ΑΓΝΩΣΤΗ")[1] == "failed"
    nothing, state = world.run("release_campaigns")
    assert state == "success"
    assert "no closed gate waits for a decision" in world.note("release_campaigns", nothing)

    # The approved one goes out, the rejected one does not.
    (run_id,) = set(world.airflow.run_ids("sync_campaigns")) - set(before)
    assert world.airflow.wait_for_run("sync_campaigns", run_id, seconds=RUN_SECONDS) == "success"
    # The run above that failed tells about itself meanwhile.
    last_lines = [text.splitlines()[-1] for text in webhook.texts]
    assert last_lines.count("  campaign NL-11: no longer held") == 1
    world.let_days_pass(3)
    rejected = sync_campaigns()
    assert "was not approved on" in world.note("sync_campaigns", rejected)
    assert (world.campaign()["status"], world.campaign()["action"]) == ("sent", "followed")
    assert world.campaign()["send_called_at"] >= world.campaign()["planned_at"]
    assert world.gates()[2:] == [
        ("send", ["audience_stale"], False),
        ("send", ["audience_stale"], True),
    ]
    assert (world.campaign("NL-12")["status"], world.campaign("NL-12")["action"]) == (
        "save", "held",
    )  # fmt: skip
    assert not any(is_open for _, _, is_open in world.gates("NL-12"))

    # Results back: in the CRM and in stats, as Mailchimp reports them.
    with Mailchimp(
        MailchimpClient(world.services.mailchimp_key, host=world.services.mailchimp_url)
    ) as mailchimp:
        remote = mailchimp.campaign(provider_id)
    assert remote is not None
    assert min(remote.emails_sent, remote.unique_opens, remote.unique_clicks) > 0
    reported = {
        "status": "sent",
        "emails_sent": remote.emails_sent,
        "unique_opens": remote.unique_opens,
        "unique_clicks": remote.unique_clicks,
    }
    columns = ", ".join(reported)
    assert world.crm(f"select {columns} from crm.provider_campaign where campaign_id = 9001") == [
        reported
    ]
    assert world.warehouse(
        f"select {columns}, origin from stats.campaign_overview where provider_campaign_id = %s",
        provider_id,
    ) == [{**reported, "origin": "crm"}]


def sync_newsletter(services: Services) -> None:
    with (
        Mailchimp(MailchimpClient(services.mailchimp_key, host=services.mailchimp_url)) as provider,
        psycopg.connect(services.warehouse) as warehouse,
        psycopg.connect(services.crm) as snapshot,
        psycopg.connect(services.crm, autocommit=True) as crm,
    ):
        staging_id = stage(warehouse, snapshot, None, run_id="by hand", codes=["NEWSLETTER"])
        result = sync_collection(
            warehouse,
            crm,
            Accounts.only(provider),
            staging_id=staging_id,
            collection_code="NEWSLETTER",
        )
    assert result.state == "succeeded", result.detail
