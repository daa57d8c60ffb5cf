"""
# release_campaigns

Asks a person whether a campaign may pass a closed gate. It asks only if all reasons of the gate
may be released. Such reasons are an old or troubled sync and an unexpected number of recipients.
Another is a sender's domain that Mailchimp does not list. Nobody can release the consent rule,
Mailchimp's own checklist or an unverified domain.

**When.** `sync_campaigns` and `send_campaigns` start it, once for the same reasons. Or by hand.
One run asks about one gate, and stays open until a person answers. Several runs may ask side by
side.

**Params**

- `gate_id`: the decision to ask about (`gate_id` in `sync.campaign_gate`). Empty: the newest one
  that waits.
- `campaign`: only gates of the campaign with this code.

**Answer.** Airflow, *Required Actions* (or the task `ask`). It shows the campaign with its
collection, account and time, its recipients and the reasons.

- *Approve* releases exactly these reasons for `CAMPAIGN_RELEASE_HOLDS` minutes, and starts
  `sync_campaigns` for that campaign. The gate is asked again. Another number of recipients, or
  another reason, closes it again.
- *Reject* releases nothing. The same reasons are asked about again after
  `APPROVAL_ASK_AGAIN_HOURS` (default 168). Other reasons are asked about at once. The page
  *Mailchimp* shows the answer.
- No answer within `APPROVAL_TIMEOUT_HOURS` (default 24) releases nothing. The same reasons are
  asked about again after `CAMPAIGN_RELEASE_HOLDS` minutes.

The run's note says what the answer does.

**Rerun.** Clear any task at any time. The first answer about a gate counts. An answer releases
nothing if the gate has opened meanwhile, or has closed for more reasons.

**When something is wrong**

- *All tasks are skipped*: no gate waits for a decision, or this gate does not any more. The run's
  note says so.
- *`find_request` says that a gate or a campaign is not known*: correct the param.
- *"nobody may release that"*: do what the reason says. Most likely it is a person's consent.
- *`find_request` names an environment variable*: correct it (docs/settings.md) and run this
  again.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import dag_header
from mailchimp_provider.operators.start_run import StartRun
from mailchimp_provider.questions import ask_person
from mailchimp_provider.tasks import releases


@dag(
    **dag_header(
        runbook=__doc__,
        description="A person decides whether a campaign may pass a closed gate.",
        topic="campaigns",
        # Each run asks about another gate, and may stay open for a day.
        max_active_runs=64,
        task_timeout=timedelta(minutes=10),
        runs_unless_paused=True,
        on_failure=FailureAlert(),
    ),
    params={
        "gate_id": Param(
            None, type=["null", "integer"], description="Gate; empty: the newest that waits"
        ),
        "campaign": Param(
            None, type=["null", "string"], description="Only gates of the campaign of this code"
        ),
    },
)
def release_campaigns() -> None:
    request = task(releases.find_request)()
    # Airflow asks again when the answer comes in the moment of the question: soon, then.
    ask = ask_person(retry_delay=timedelta(seconds=5))
    decided = task.short_circuit(releases.decide)(request, ask.output)
    go_on = StartRun(task_id="go_on", trigger_dag_id="sync_campaigns", conf=decided)
    request >> ask
    decided >> go_on


release_campaigns()
