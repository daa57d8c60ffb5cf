"""
# send_campaigns

Brings one campaign through its moments: puts it into Mailchimp's schedule shortly before its time,
judges it a last time, sends it where Mailchimp does not schedule, and follows the sending.

**When.** Started by `sync_campaigns` for each campaign whose next moment is near; or by hand. Many
run at the same time, one for each campaign; waiting takes no worker. Two for the same campaign do
no harm: each step takes the lock of the campaign's audience and reads both sides again.

**Params**

- `campaign`: code of the campaign in the CRM.
- `wait_until`: its next moment, with a time zone; empty means at once.
- `provider_campaign_id`: its id in Mailchimp, if known; whether it is over is looked up by it.
- `is_ours`: a schedule made by us stands in Mailchimp until then: it is taken back at the moment,
  before the campaign is judged.

**What happens.** At `CAMPAIGN_SCHEDULE_AHEAD` minutes before its time: the gate, then Mailchimp's
schedule. At `CAMPAIGN_LAST_CHECK` minutes before: out of the schedule, the gate, into it again.
Where the gate is closed, or cannot decide because the CRM, the warehouse or Mailchimp do not
answer, the campaign is a draft again and does not go out. For closed gates that a person may open
it starts `release_campaigns`.

**Rerun.** Clear any task at any time. A campaign that missed its time is sent by the next run of
`sync_campaigns`, after the gate, unless it is later than `CAMPAIGN_MAX_LATENESS`.

**When something is wrong**

- *"may still stand in Mailchimp's schedule"*: it could not be judged and Mailchimp did not answer
  the call that takes it back. Take it back there by hand, now.
- *"gate_undecided"*: it was taken back because it could not be judged; the detail says why.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, get_current_context, task

from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.operators.campaign import CampaignWhenDueOperator


@dag(
    dag_id="send_campaigns",
    schedule=None,
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - in Airflow's default time zone
    catchup=False,
    # One campaign's moment waits for no other one; the audience's lock keeps steps apart.
    max_active_runs=64,
    default_args={
        "owner": "crm-mailchimp",
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=1),
        # Before everything else that waits for a worker: its moment does not wait.
        "priority_weight": 1000,
    },
    params={
        "campaign": Param("", type="string", description="Code of the campaign in the CRM"),
        "wait_until": Param(
            None, type=["null", "string"], description="Its next moment; empty: at once"
        ),
        "provider_campaign_id": Param(
            None, type=["null", "string"], description="Its id in Mailchimp, if known"
        ),
        "is_ours": Param(
            False, type="boolean", description="A schedule of ours is taken back at the moment"
        ),
    },
    on_failure_callback=FailureAlert(),
    tags=["mailchimp", "campaigns"],
    doc_md=__doc__,
)
def send_campaigns() -> None:
    @task(trigger_rule="all_done")
    def find_closed_gates() -> list[dict[str, object]]:
        """Closed gates that a person may open."""
        from mailchimp_provider.campaign_steps import releases_to_ask

        return releases_to_ask([get_current_context()["params"]["campaign"]])

    waited = CampaignWhenDueOperator(
        task_id="when_due",
        campaign_code="{{ params.campaign }}",
        wait_until="{{ params.wait_until or '' }}",
        provider_campaign_id="{{ params.provider_campaign_id or '' }}",
        is_ours="{{ params.is_ours }}",
    )
    closed = find_closed_gates()
    waited >> closed
    asked = TriggerDagRunOperator.partial(
        task_id="ask_for_release",
        trigger_dag_id="release_campaigns",
        skip_when_already_exists=True,
    ).expand_kwargs(closed)
    # The run is red when the campaign's steps are, whatever came after them.
    complete = EmptyOperator(task_id="complete", trigger_rule="none_failed")
    [waited, asked] >> complete


send_campaigns()
