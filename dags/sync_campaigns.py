"""
# sync_campaigns

Takes campaigns from the CRM's plan to the inbox: a draft in Mailchimp for each `crm.campaign`, its
settings kept up to date while people design its body there, a gate, then scheduling or sending,
and states and totals back.

**When.** Every 15 minutes, or as `CAMPAIGNS_SCHEDULE` says (a cron expression; empty for by hand
only). What is due within `CAMPAIGN_WAIT` minutes is waited for without a worker.

**Params**

- `campaigns`: codes of the campaigns to look at; empty means all that are not over.
- `test_to`: send a test of the named campaigns' drafts to these addresses. Airflow keeps params
  with the run: give colleagues' addresses, never a customer's.
- `recreate`: make a new draft for the named campaigns that somebody deleted in Mailchimp.

**What happens when.** The table in `crm_mailchimp/campaigns/planning.py`; in words in
`docs/campaigns.md`. The body is never written. `approved` with `planned_at` is scheduled on the
quarter of an hour (or sent by us at its time), without it a person sends. `cancelled` unschedules,
or deletes the draft.

**The gate** asks before scheduling, shortly before a scheduled campaign goes out, and before
sending: was the audience synced lately and without trouble; has every member of ours a consent for
this campaign's type now; is Mailchimp's checklist clean, the sender's domain verified, the number
of recipients as expected. A closed gate is no failure: the reasons are the task's result and in
`sync.campaign_gate`. For what may be released `release_campaigns` asks a person.

**Rerun.** Clear any task at any time: each step reads the CRM and Mailchimp again. A campaign is
created once, also when a task dies in between: it is found again by its title.

**When something is wrong**

- *`held`*: the result says why and what to do; also `stats.campaign_overview`.
- *"several campaigns bear its title"*: delete or rename all but the right one in Mailchimp.
- *"deleted"*: somebody deleted it there. Cancel it in the CRM, or run with `recreate`.
- *A mapped task failed*: Mailchimp's answer is in its log; the other campaigns went on.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

import os
from datetime import datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, get_current_context, task

from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.operators.campaign import CampaignWhenDueOperator


@dag(
    dag_id="sync_campaigns",
    schedule=os.environ.get("CAMPAIGNS_SCHEDULE", "*/15 * * * *") or None,
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - in Airflow's default time zone
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "crm-mailchimp",
        "retries": 2,
        # Long enough for a campaign whose creation was not answered to appear in Mailchimp.
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=4),
    },
    params={
        "campaigns": Param(
            [], type="array", items={"type": "string"}, description="Only these codes; empty: all"
        ),
        "test_to": Param(
            [],
            type="array",
            items={"type": "string"},
            description="Send a test of the named campaigns to these addresses",
        ),
        "recreate": Param(
            False, type="boolean", description="Draft the named campaigns anew where deleted"
        ),
    },
    on_failure_callback=FailureAlert(),
    tags=["mailchimp", "campaigns"],
    doc_md=__doc__,
)
def sync_campaigns() -> None:
    @task
    def choose() -> list[str]:
        """Codes of the campaigns to look at."""
        from crm_mailchimp.campaigns.overview import campaigns_to_sync, require_named
        from mailchimp_provider.connections import crm_connection, warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        params = get_current_context()["params"]
        with fail_without_retry(), warehouse_connection() as warehouse, crm_connection() as crm:
            if params["test_to"] or params["recreate"]:
                require_named(params["campaigns"])
            return campaigns_to_sync(warehouse, crm, params["campaigns"])

    @task(map_index_template="{{ campaign_code }}")
    def sync_campaign(campaign_code: str) -> dict[str, object]:
        """One campaign's step; what was done, and why not more."""
        from mailchimp_provider.campaign_steps import take_step

        context = get_current_context()
        context["campaign_code"] = campaign_code
        params = context["params"]
        return take_step(campaign_code, test_to=params["test_to"], recreate=params["recreate"])

    @task(trigger_rule="all_done")
    def find_due(codes: list[str] | None) -> list[dict[str, str]]:
        """Campaigns whose moment is near."""
        from crm_mailchimp.campaigns.overview import due_soon
        from mailchimp_provider.connections import warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        with fail_without_retry(), warehouse_connection() as warehouse:
            return due_soon(warehouse, codes or [])

    @task(trigger_rule="all_done")
    def find_closed_gates(codes: list[str] | None) -> list[dict[str, object]]:
        """Closed gates that a person may open."""
        from crm_mailchimp.campaigns.release import request_releases
        from mailchimp_provider.connections import warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        with fail_without_retry(), warehouse_connection() as warehouse:
            gates = request_releases(warehouse, codes or [])
        return [{"trigger_run_id": f"gate-{gate}", "conf": {"gate_id": gate}} for gate in gates]

    @task(trigger_rule="all_done")
    def show(codes: list[str] | None) -> dict[str, int]:
        """All campaigns into `stats`, ours into the CRM; fails the run if one of them failed."""
        from mailchimp_provider.campaign_steps import show_all

        return show_all(codes)

    codes = choose()
    synced = sync_campaign.expand(campaign_code=codes)
    due = find_due(codes)
    synced >> due
    waited = CampaignWhenDueOperator.partial(
        task_id="when_due", map_index_template="{{ campaign_code }}"
    ).expand_kwargs(due)
    closed = find_closed_gates(codes)
    waited >> closed
    TriggerDagRunOperator.partial(
        task_id="ask_for_release",
        trigger_dag_id="release_campaigns",
        skip_when_already_exists=True,
    ).expand_kwargs(closed)
    shown = show(codes)
    waited >> shown
    # The run is red when any of them is, whatever came after it.
    complete = EmptyOperator(task_id="complete", trigger_rule="none_failed")
    [synced, waited, shown] >> complete


sync_campaigns()
