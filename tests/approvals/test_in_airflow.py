"""The DAGs on a real scheduler: an approval, a rejection (by Airflow's REST API) and a silence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from admin_page import admin_page
from airflow_world import RUN_SECONDS, AirflowWorld, installed_airflow, wait_until
from approvals.mail_and_web import Webhook, serving
from local_installation.airflow_api import AirflowApiError
from local_installation.airflow_processes import USER
from local_installation.mailchimp_account import MailchimpAccount

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(1200)]

COLLECTIONS = ["LOYALTY", "NEWSLETTER", "SERVICE"]
DAGS = (
    "sync_collections", "approve_removals", "pull_statuses", "get_mailchimp_defaults",
    "erase_contacts",
)  # fmt: skip
#: Long enough to answer the two that are answered, short enough to wait for. Other tests run
#: meanwhile.
SILENCE_SECONDS = 180


@dataclass(frozen=True, kw_only=True)
class World(AirflowWorld):
    webhook: Webhook

    @property
    def account(self) -> MailchimpAccount:
        return MailchimpAccount(self.services.mailchimp_url, self.services.mailchimp_key)

    def wait_for_question(self, plan_id: int) -> str:
        """The run that asks about a plan, when it waits for a person. No test starts it."""
        run_id = f"plan-{plan_id}"
        wait_until(lambda: run_id in self.airflow.run_ids("approve_removals"))
        wait_until(lambda: self.asks("approve_removals", run_id))
        return run_id

    def links(self, run_id: str, code: str) -> dict[str, str | None]:
        """The links of a collection's task."""
        (task,) = [
            task
            for task in self.airflow.task_instances("sync_collections", run_id)
            if (task.task_id, task.label) == ("sync_collection", code)
        ]
        path = f"dags/sync_collections/dagRuns/{run_id}/taskInstances/sync_collection/links"
        found = self.airflow.get(path, map_index=task.map_index)
        links: dict[str, str | None] = found["extra_links"]
        return links

    def answer(self, run_id: str, option: str) -> str:
        """Answer; the state in which the run ends."""
        self.airflow.answer("approve_removals", run_id, "ask", option)
        return self.airflow.wait_for_run("approve_removals", run_id, seconds=RUN_SECONDS)

    def answer_on_page(self, plan_id: int, answer: str) -> str:
        """Answer by a button of the page "Mailchimp"; the state in which the run ends."""
        with admin_page(self) as page:
            page.answer("removals", plan_id, answer)
        return self.airflow.wait_for_run("approve_removals", f"plan-{plan_id}", seconds=RUN_SECONDS)

    def question(self, run_id: str) -> dict[str, Any]:
        path = f"dags/approve_removals/dagRuns/{run_id}/taskInstances/ask/-1/hitlDetails"
        return self.airflow.get(path)

    def decisions(self) -> dict[str, tuple[str | None, str | None]]:
        """Of each collection's plan: what was decided, and by which user."""
        return {
            row["collection_code"]: (row["decision"], row["decided_by"])
            for row in self.warehouse("select * from sync.removal_request")
        }

    def statuses(self) -> dict[tuple[str, str], int]:
        rows = self.warehouse(
            "select collection_code, status, count(*) as members from sync.member"
            " join sync.audience using (list_id) group by 1, 2"
        )
        return {(row["collection_code"], row["status"]): row["members"] for row in rows}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with ExitStack() as running:
        webhook = running.enter_context(serving(Webhook()))
        installed = installed_airflow(
            "approvals",
            dags=DAGS,
            contacts=300,
            extra={
                "PULL_SCHEDULE": "",
                "ERASURE_SCHEDULE": "",
                "WRITE_BACK_MEMBERS": "true",
                "ALERT_WEBHOOK_URL": webhook.url,
                "APPROVAL_TIMEOUT_HOURS": str(SILENCE_SECONDS / 3600),
            },
        )
        yield World(**vars(running.enter_context(installed)), webhook=webhook)


def test_approval_and_rejection(world: World) -> None:
    """Nobody answers about the third collection: ``test_silence`` looks at that later."""
    _, state = world.run("sync_collections", collections=COLLECTIONS)
    assert state == "success"
    assert world.webhook.texts == []
    before = world.statuses()
    with psycopg.connect(world.services.crm) as crm:
        subscribed = crm.execute(
            "select count(*) from crm.provider_member_status where status = 'subscribed'"
        ).fetchone()
        left = crm.execute(
            "delete from crm.collection_member where contact_id % 3 = 0 returning contact_id"
        ).fetchall()
    assert subscribed == (sum(before[code, "subscribed"] for code in COLLECTIONS),)
    assert left

    blocked, state = world.run("sync_collections", collections=COLLECTIONS)
    assert state == "success", "blocked collections do not fail a run"
    plans = {
        row["collection_code"]: row
        for row in world.warehouse("select * from sync.removal_request where decided_at is null")
    }
    assert sorted(plans) == COLLECTIONS
    (alert,) = world.webhook.texts
    assert "3 blocked" in alert
    assert f"(plan {plans['SERVICE']['plan_id']})" in alert
    # It is seen at once: no task is green, and the run says why.
    assert world.states("sync_collections", blocked)["sync_collection"] == "skipped"
    note = world.note("sync_collections", blocked)
    for code in COLLECTIONS:
        assert f"Mailchimp: {code} blocked: removal_guard: " in note
    assert "@" not in note
    assert f"what to do: {world.airflow.url}/mailchimp-page/" in note
    links = world.links(blocked, "SERVICE")
    page = f"{world.airflow.url}/mailchimp-page/"
    assert links["Collection"] == f"{page}#collection-SERVICE"
    assert links["Quarantine"] == f"{page}#quarantine-SERVICE"
    assert not links["Audience in Mailchimp"], "the sandbox has no pages for people"

    # Nobody starts anything: each plan is asked about, once.
    questions = {code: world.wait_for_question(plan["plan_id"]) for code, plan in plans.items()}
    plan = plans["SERVICE"]
    question = world.question(questions["SERVICE"])
    assert f"**{plan['removals']} of {plan['members']}** members" in question["body"]
    assert "left_collection" in question["body"]
    assert "@" not in question["body"]
    _, state = world.run("sync_collections", collections=COLLECTIONS)
    assert state == "success"
    assert sorted(world.airflow.run_ids("approve_removals")) == sorted(questions.values())
    syncs = world.airflow.run_ids("sync_collections")

    with pytest.raises(AirflowApiError, match="Invalid options"):
        world.airflow.answer("approve_removals", questions["LOYALTY"], "ask", "Maybe")
    assert world.answer(questions["NEWSLETTER"], "Reject") == "success"
    assert world.states("approve_removals", questions["NEWSLETTER"])["start_sync"] == "skipped"
    assert world.airflow.run_ids("sync_collections") == syncs
    assert world.answer(questions["LOYALTY"], "Approve") == "success"
    started = world.airflow.wait_for_new_run("sync_collections", syncs)
    assert world.airflow.wait_for_run("sync_collections", started, seconds=RUN_SECONDS) == "success"
    decisions = world.decisions()
    assert decisions["NEWSLETTER"] == ("rejected", "admin")
    assert decisions["LOYALTY"] == ("approved", "admin")
    (run,) = world.warehouse("select * from sync.collection_run where run_id = %s", started)
    assert (run["collection_code"], run["state"]) == ("LOYALTY", "succeeded")
    assert run["removed"] == plans["LOYALTY"]["removals"]
    after = world.statuses()
    assert after["LOYALTY", "archived"] == plans["LOYALTY"]["removals"]
    for code in ("SERVICE", "NEWSLETTER"):
        assert after[code, "subscribed"] == before[code, "subscribed"] == plans[code]["members"]
        assert (code, "archived") not in after

    for code, words in (
        ("NEWSLETTER", "rejected, so nobody is removed"),
        ("LOYALTY", "approved. sync_collections is started"),
    ):
        assert words in world.note("approve_removals", questions[code])


def test_statuses_and_defaults(world: World) -> None:
    for _ in range(3):
        pulled, state = world.run("pull_statuses")
        assert state == "success"
        states = [task.state for task in world.airflow.task_instances("pull_statuses", pulled)]
        if "skipped" not in states:
            break  # an audience that a sync still holds is skipped, and read by the next run
    assert set(states) == {"success"}
    # find_audiences, one pull an audience, write_back, report_late, complete
    assert len(states) == 4 + len({code for code, _ in world.statuses()})

    with psycopg.connect(world.services.crm) as crm:
        crm.execute("update crm.external_provider set city = null")
    known = world.airflow.run_ids("get_mailchimp_defaults")
    with admin_page(world) as page:
        page.go()
        page.press("form[action='do/defaults'] button", "The defaults are being read")
    started = world.airflow.wait_for_new_run("get_mailchimp_defaults", known)
    state = world.airflow.wait_for_run("get_mailchimp_defaults", started, seconds=RUN_SECONDS)
    assert state == "success"
    run = world.airflow.get(f"dags/get_mailchimp_defaults/dagRuns/{started}")
    assert run["triggering_user_name"] == USER
    with psycopg.connect(world.services.crm) as crm:
        assert crm.execute("select city from crm.external_provider").fetchone() == ("Αθήνα",)


def test_a_failed_run_is_reported(world: World) -> None:
    _, state = world.run("get_mailchimp_defaults", list_id="gone")
    assert state == "failed"
    wait_until(lambda: any("get_mailchimp_defaults" in text for text in world.webhook.texts))


def test_silence(world: World) -> None:
    """The question is from ``test_approval_and_rejection``, and time has passed since."""
    plans = {
        row["collection_code"]: row for row in world.warehouse("select * from sync.removal_request")
    }
    silent = f"plan-{plans['SERVICE']['plan_id']}"
    assert world.airflow.wait_for_run("approve_removals", silent, seconds=RUN_SECONDS) == "success"
    assert world.states("approve_removals", silent)["start_sync"] == "skipped"
    assert world.decisions() == {
        "SERVICE": ("timed_out", None),
        "NEWSLETTER": ("rejected", "admin"),
        "LOYALTY": ("approved", "admin"),
    }
    words = "nobody answered in time, so nobody is removed"
    assert words in world.note("approve_removals", silent)
    after = world.statuses()
    for code in ("SERVICE", "NEWSLETTER"):
        assert after[code, "subscribed"] == plans[code]["members"]
        assert (code, "archived") not in after

    nothing, state = world.run("approve_removals")
    assert state == "success"
    assert "no removal plan waits for a decision" in world.note("approve_removals", nothing)
    assert world.run("approve_removals", collection="ΑΓΝΩΣΤΗ")[1] == "failed"
    assert set(world.states("approve_removals", nothing).values()) == {"skipped"}

    # The rejection is remembered. Nobody answered about the other, so a run asks again.
    again, state = world.run("sync_collections", collections=["NEWSLETTER", "SERVICE"])
    assert state == "success"
    note = world.note("sync_collections", again)
    assert f"plan {plans['NEWSLETTER']['plan_id']} was not approved" in note
    (open_plan,) = world.warehouse("select * from sync.removal_request where decided_at is null")
    assert open_plan["collection_code"] == "SERVICE"
    assert world.answer(world.wait_for_question(open_plan["plan_id"]), "Reject") == "success"


def test_a_set_that_changed_is_asked_again_also_after_a_pause(world: World) -> None:
    """A paused DAG asks nobody, and the run says so. An answer about an old plan does nothing."""
    world.airflow.pause(["approve_removals"])
    world.crm(
        "delete from crm.collection_member where contact_id %% 3 = 1"
        " and collection_id in (select collection_id from crm.contact_collection"
        " where code = 'NEWSLETTER')"
    )
    run_id, state = world.run("sync_collections", collections=["NEWSLETTER"])
    assert state == "success"
    assert "the DAG approve_removals is paused" in world.note("sync_collections", run_id)
    open_plans = "select plan_id from sync.removal_request where decided_at is null"
    (first,) = world.warehouse(open_plans)
    assert world.airflow.run_state("approve_removals", f"plan-{first['plan_id']}") == "queued"

    world.airflow.unpause(["approve_removals"])
    asked = world.wait_for_question(first["plan_id"])
    world.crm(
        "delete from crm.collection_member where contact_id %% 6 = 2"
        " and collection_id in (select collection_id from crm.contact_collection"
        " where code = 'NEWSLETTER')"
    )
    _, state = world.run("sync_collections", collections=["NEWSLETTER"])
    assert state == "success"
    (second,) = world.warehouse(open_plans)
    assert second["plan_id"] > first["plan_id"]
    world.wait_for_question(second["plan_id"])
    syncs = world.airflow.run_ids("sync_collections")
    assert world.answer(asked, "Approve") == "success"
    assert "is already superseded" in world.note("approve_removals", asked)
    assert world.airflow.run_ids("sync_collections") == syncs
    assert world.answer_on_page(second["plan_id"], "reject") == "success"
    (decided,) = world.warehouse(
        "select decision, decided_by from sync.removal_request where plan_id = %s",
        second["plan_id"],
    )
    assert (decided["decision"], decided["decided_by"]) == ("rejected", USER)


def test_requests_for_erasure(world: World) -> None:
    """One is carried out; one that was made under a merged record is a person's to decide.

    The first one is started by a button of the page, for that person alone.
    """
    rows = world.warehouse(
        "select distinct contact_id from sync.member where status = 'subscribed'"
        " order by contact_id limit 4"
    )
    first, asking, merged, survivor = (row["contact_id"] for row in rows)
    world.crm(
        "update crm.contact set erasure_requested_at = now() where contact_id = any(%s)",
        [first, asking],
    )
    known = world.airflow.run_ids("erase_contacts")
    with admin_page(world) as page:
        page.go("person")
        page.browser.fill("#who", str(first))
        page.browser.click("main form button")
        page.browser.run(
            "document.querySelector('form[action$=\"do/erase\"]').parentElement"
            ".parentElement.open = true"
        )
        page.press("form[action$='do/erase'] button", "The erasure was started.")
    started = world.airflow.wait_for_new_run("erase_contacts", known)
    state = world.airflow.wait_for_run("erase_contacts", started, seconds=RUN_SECONDS)
    assert state == "success"
    run = world.airflow.get(f"dags/erase_contacts/dagRuns/{started}")
    assert (run["triggering_user_name"], run["conf"]["contacts"]) == (USER, [first])
    left = "select distinct contact_id from sync.member where contact_id = any(%s)"
    found = world.warehouse(left, [first, asking])
    assert [row["contact_id"] for row in found] == [asking], "nobody else was erased"
    world.crm(
        "update crm.contact set erasure_requested_at = now() where contact_id = any(%s)",
        [asking, merged],
    )
    world.crm("update crm.contact set merged_into_id = %s where contact_id = %s", survivor, merged)

    # A misspelt param is not "all of them".
    with pytest.raises(AssertionError):
        assert world.run("erase_contacts", contact_id=asking)[1] == "success"
    (receipt,) = world.warehouse("select receipt_id from sync.erasure_receipt")
    assert receipt

    run_id, state = world.run("erase_contacts")

    assert state == "success", world.states("erase_contacts", run_id)
    left = world.warehouse(
        "select distinct contact_id from sync.member where contact_id = any(%s)",
        [asking, merged, survivor],
    )
    assert [row["contact_id"] for row in left] == [survivor]
    references = {
        row["merge_fields"].get("CRMREF")
        for audience in world.warehouse("select list_id from sync.audience")
        for row in world.account.members(audience["list_id"])
    }
    assert f"c-{survivor}" in references
    assert not {f"c-{asking}", f"c-{merged}"} & references
    (alert,) = [text for text in world.webhook.texts if "erasure" in text]
    assert str(merged) in alert and str(survivor) in alert
    assert "@" not in alert
