"""
# sync_campaigns

Takes campaigns from the CRM's plan to the inbox: a draft in Mailchimp for each `crm.campaign`, its
settings kept up to date while people design its body there, a gate in good time, and states and
totals back. Scheduling and sending at the minute is `send_campaigns`.

**When.** Every 15 minutes, or as `CAMPAIGNS_SCHEDULE` says (a cron expression; empty for by hand
only). For what is due before the next run it starts `send_campaigns`, one run for each campaign.

**Params**

- `campaigns`: codes of the campaigns to look at; empty means all that are not over.
- `test_to`: only send a test of the named campaigns to these addresses, once for the run; nothing
  else is done. Airflow keeps params with the run: give colleagues' addresses, never a customer's.
- `recreate`: make a new draft for the named campaigns that somebody deleted in Mailchimp.

**What happens when.** The table in `crm_mailchimp/campaigns/planning.py`; in words in
`docs/campaigns.md`. The body is never written. `approved` with `planned_at` goes into Mailchimp's
schedule shortly before its quarter of an hour (or is sent by us at its time), without it a person
sends. `cancelled` unschedules, or deletes the draft.

**The gate** asks when a campaign is approved, before it is scheduled, shortly before it goes out,
and before sending: was the audience synced lately and without trouble; has every member of ours a
consent for this campaign's type now; is Mailchimp's checklist clean, the sender's domain verified,
the number of recipients as expected. A closed gate is no failure: the reasons are the task's result
and in `sync.campaign_gate`. What cannot be judged does not stay scheduled. For what may be released
`release_campaigns` asks a person.

**Rerun.** Clear any task at any time: each step reads the CRM and Mailchimp again. A campaign is
created once, also when a task dies in between: it is found again by its title.

**When something is wrong**

- *`held`*: the result says why and what to do; also `stats.campaign_overview`.
- *"several campaigns bear its title"*: delete or rename all but the right one in Mailchimp.
- *"bears its code but not its title"*: a campaign there may be its own, or a person's: the message
  says what to do.
- *"deleted"*: somebody deleted it there. Cancel it in the CRM, or run with `recreate`.
- *A mapped task failed*: Mailchimp's answer is in its log; the other campaigns went on.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, get_current_context, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert


@dag(
    dag_id="sync_campaigns",
    schedule=Schedules.read_usable().campaigns_schedule or None,
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
        from mailchimp_provider.campaign_steps import choose_campaigns

        params = get_current_context()["params"]
        return choose_campaigns(
            params["campaigns"], must_be_named=bool(params["test_to"] or params["recreate"])
        )

    @task
    def find_planned(codes: list[str]) -> list[dict[str, object]]:
        """Campaigns that the CRM plans for soon: none of them waits for another one's step."""
        from mailchimp_provider.campaign_steps import planned_soon

        return planned_soon(codes)

    @task(map_index_template="{{ campaign_code }}")
    def sync_campaign(campaign_code: str) -> dict[str, object]:
        """One campaign's step; what was done, and why not more."""
        from mailchimp_provider.campaign_steps import take_step

        context = get_current_context()
        context["campaign_code"] = campaign_code
        params = context["params"]
        return take_step(
            campaign_code,
            test_to=params["test_to"],
            test_run=context["run_id"],
            recreate=params["recreate"],
        )

    @task(trigger_rule="all_done")
    def find_due(codes: list[str] | None) -> list[dict[str, object]]:
        """Campaigns whose next moment, as their steps found it, is near."""
        from mailchimp_provider.campaign_steps import due_soon

        return due_soon(codes or [])

    @task(trigger_rule="all_done")
    def find_closed_gates(codes: list[str] | None) -> list[dict[str, object]]:
        """Closed gates that a person may open."""
        from mailchimp_provider.campaign_steps import releases_to_ask

        return releases_to_ask(codes or [])

    @task(trigger_rule="all_done")
    def show(codes: list[str] | None) -> dict[str, int]:
        """All campaigns into `stats`, ours into the CRM; fails the run if one of them failed."""
        from mailchimp_provider.campaign_steps import show_all

        return show_all(codes)

    codes = choose()
    synced = sync_campaign.expand(campaign_code=codes)
    planned, due, closed, shown = (
        find_planned(codes), find_due(codes), find_closed_gates(codes), show(codes)
    )  # fmt: skip
    synced >> [due, closed, shown]
    started = [
        TriggerDagRunOperator.partial(
            task_id=task_id,
            trigger_dag_id="send_campaigns",
            skip_when_already_exists=True,
        ).expand_kwargs(runs)
        for task_id, runs in (("wait_for_planned", planned), ("wait_for_due", due))
    ]
    asked = TriggerDagRunOperator.partial(
        task_id="ask_for_release",
        trigger_dag_id="release_campaigns",
        skip_when_already_exists=True,
    ).expand_kwargs(closed)
    # The run is red when any of them is, whatever came after it.
    complete = EmptyOperator(task_id="complete", trigger_rule="none_failed")
    [synced, *started, asked, shown] >> complete


sync_campaigns()
