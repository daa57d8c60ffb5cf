"""
# send_campaigns

Takes one campaign through its last minutes. It puts the campaign into Mailchimp's schedule shortly
before its time, and judges it a last time. If Mailchimp does not schedule, it sends the campaign.
Then it follows the sending.

**When.** `sync_campaigns` starts it for each campaign whose next moment is near. Or by hand. Many
runs may be active, one for each campaign, and waiting takes no worker. Two runs for one campaign
do no harm. Each takes the lock of the campaign's audience and reads both sides again.

**Params**

- `campaign`: code of the campaign in the CRM.
- `wait_until`: its next moment, with a time zone. Empty: at once.
- `provider_campaign_id`: its id in Mailchimp, if known. It shows whether the campaign is over.
- `account`: the connection of the Mailchimp account that has it. Empty: `mailchimp_default`.
- `is_ours`: we put it into Mailchimp's schedule. At `wait_until` we take it back, then judge it.

**What happens.** `CAMPAIGN_SCHEDULE_AHEAD` minutes before its time: the gate, then Mailchimp's
schedule. `CAMPAIGN_LAST_CHECK` minutes before: out of the schedule, the gate, into it again. If
the gate is closed, the campaign is a draft again and does not go out. The same holds if the gate
cannot decide, because the CRM, the warehouse or Mailchimp gave no answer. For closed gates that a
person may open it starts `release_campaigns`.

**Rerun.** Clear any task at any time. If a campaign missed its time, the next run of
`sync_campaigns` sends it after the gate. It does not if the campaign is later than
`CAMPAIGN_MAX_LATENESS`.

**When something is wrong**

- *"may still be in Mailchimp's schedule"*: the campaign could not be judged. Mailchimp did not
  answer the call that takes it back. Take it back in Mailchimp by hand, now.
- *`when_due` is skipped*: the campaign is held. The run's note says why, and people get an alert.
- *"gate_undecided"*: we took the campaign back because it could not be judged. The detail says why.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Param, dag, task

from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import dag_header
from mailchimp_provider.operators.campaign import CampaignWhenDueOperator
from mailchimp_provider.operators.start_run import StartRun
from mailchimp_provider.tasks import campaigns


@dag(
    **dag_header(
        runbook=__doc__,
        description="One campaign is scheduled, judged a last time, and sent at its minute.",
        topic="campaigns",
        # A campaign's moment waits for no other one; the audience's lock keeps runs apart.
        max_active_runs=64,
        retries=3,
        retry_delay=timedelta(seconds=30),
        task_timeout=timedelta(hours=1),
        runs_unless_paused=True,
        # Before everything else that waits for a worker: its moment does not wait.
        priority_weight=1000,
        on_failure=FailureAlert(),
    ),
    params={
        "campaign": Param("", type="string", description="Code of the campaign in the CRM"),
        "wait_until": Param(
            None, type=["null", "string"], description="Its next moment; empty: at once"
        ),
        "provider_campaign_id": Param(
            None, type=["null", "string"], description="Its id in Mailchimp, if known"
        ),
        "account": Param(
            None, type=["null", "string"], description="Connection of its account; empty: default"
        ),
        "is_ours": Param(False, type="boolean", description="Take back our schedule at the moment"),
    },
)
def send_campaigns() -> None:
    find_closed_gates = task(campaigns.find_closed_gates, trigger_rule="all_done")

    waited = CampaignWhenDueOperator(
        task_id="when_due",
        campaign_code="{{ params.campaign }}",
        wait_until="{{ params.wait_until or '' }}",
        provider_campaign_id="{{ params.provider_campaign_id or '' }}",
        account="{{ params.account or '' }}",
        is_ours="{{ params.is_ours }}",
    )
    closed = find_closed_gates(["{{ params.campaign }}"])
    alerted = task(campaigns.alert_about_held, trigger_rule="all_done")()
    waited >> [closed, alerted]
    asked = StartRun.partial(
        task_id="ask_for_release",
        trigger_dag_id="release_campaigns",
        skip_when_already_exists=True,
    ).expand_kwargs(closed)
    # The run fails when the campaign's task did, whatever came after it.
    complete = EmptyOperator(task_id="complete", trigger_rule="none_failed")
    [waited, asked, alerted] >> complete


send_campaigns()
