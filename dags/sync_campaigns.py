"""
# sync_campaigns

Takes campaigns from the CRM's plan to the inbox. It makes a draft in Mailchimp for each
`crm.campaign`. It keeps the settings up to date while people design the body there. It asks the
gate in good time, and brings states and totals back. `send_campaigns` schedules and sends at the
minute.

**When.** Every 15 minutes, or as `CAMPAIGNS_SCHEDULE` says (a cron expression; empty: by hand
only). It starts `send_campaigns` for each campaign that is due before the next run.

**Params**

- `campaigns`: codes of the campaigns to look at. Empty: all that are not over.
- `test_to`: only send a test of the named campaigns to these addresses, once for the run. Airflow
  keeps params with the run: give colleagues' addresses, never a customer's.
- `recreate`: make a new draft for the named campaigns that a person deleted in Mailchimp.

**What happens when.** The page docs/campaigns.md has the table. The body is never written. An
`approved` campaign with `planned_at` enters Mailchimp's schedule shortly before its quarter of an
hour. Or we send it at its time. Without `planned_at` a person sends it. `cancelled` takes it out of
the schedule, or deletes the draft.

**The gate** is asked when a campaign is approved, before it is scheduled, shortly before its time,
and before sending. Was the audience synced lately and without trouble? Does each of our members
have a consent for this campaign's type now? Is Mailchimp's checklist clean, the sender's domain
verified, and the number of recipients as expected? A closed gate is no failure. The reasons are
in `sync.campaign_gate`. A campaign that cannot be judged does not stay scheduled.
`release_campaigns` asks a person about reasons that may be released.

**Rerun.** Clear any task at any time: each task reads the CRM and Mailchimp again. A campaign is
created only once. If a task dies in between, we find the campaign again by its title.

**When something is wrong**

- *A campaign is `held`*: its task is skipped, and the run is green. The run's note says why. The
  page *Mailchimp* and `stats.campaign_overview` say it, too. If its time is near, people get an
  alert.
- *Several campaigns in Mailchimp have its title*: delete or rename all but the right one there.
- *A campaign in Mailchimp has its code but not its title*: that campaign may be ours, or a
  person's. The message says what to do.
- *"account_changed"*: the campaign was made in one Mailchimp account, and its collection belongs to
  another one now. The message says what to do.
- *"deleted"*: a person deleted it there. Cancel it in the CRM, or run with `recreate`.
- *A mapped task failed*: its log shows Mailchimp's answer. The other campaigns went on.
- *`choose` or `show` names an environment variable*: correct it (docs/settings.md).
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Param, dag, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import dag_header
from mailchimp_provider.operators.start_run import StartRun
from mailchimp_provider.tasks import campaigns

CODES = {"type": "array", "items": {"type": "string"}}


@dag(
    **dag_header(
        runbook=__doc__,
        description="Campaigns of the CRM become drafts in Mailchimp, are judged and followed.",
        topic="campaigns",
        schedule=Schedules.read_usable().campaigns_schedule,
        # The default delay is long enough for a campaign whose creation got no answer to appear.
        task_timeout=timedelta(hours=4),
        on_failure=FailureAlert(),
    ),
    params={
        "campaigns": Param([], **CODES, description="Only these codes; empty: all"),
        "test_to": Param([], **CODES, description="Send a test of them to these addresses"),
        "recreate": Param(False, type="boolean", description="New drafts for deleted campaigns"),
    },
)
def sync_campaigns() -> None:
    sync_campaign = task(
        campaigns.sync_campaign, map_index_template="{{ task.op_kwargs['campaign_code'] }}"
    )
    find_due = task(campaigns.find_due, trigger_rule="all_done")
    find_closed_gates = task(campaigns.find_closed_gates, trigger_rule="all_done")
    show = task(campaigns.show, trigger_rule="all_done")

    codes = task(campaigns.choose)()
    synced = sync_campaign.expand(campaign_code=codes)
    planned = task(campaigns.find_planned)(codes)
    due, closed, shown = find_due(codes), find_closed_gates(codes), show(codes)
    alerted = task(campaigns.alert_about_held, trigger_rule="all_done")()
    synced >> [due, closed, alerted, shown]
    started = [
        StartRun.partial(
            task_id=task_id, trigger_dag_id=dag_id, skip_when_already_exists=True
        ).expand_kwargs(runs)
        for task_id, dag_id, runs in (
            ("wait_for_planned", "send_campaigns", planned),
            ("wait_for_due", "send_campaigns", due),
            ("ask_for_release", "release_campaigns", closed),
        )
    ]
    # The run fails when any of them did, whatever came after it.
    complete = EmptyOperator(task_id="complete", trigger_rule="none_failed")
    [synced, *started, alerted, shown] >> complete


sync_campaigns()
