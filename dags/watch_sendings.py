"""
# watch_sendings

Looks whether sendings go well. It reads Mailchimp's report of hard bounces, complaints and
unsubscribes. It does so ten minutes after a campaign went out, and then hourly for a day. Each look
is one call.

**When.** Every 10 minutes, or as `SENDINGS_SCHEDULE` says (a cron expression; empty: by hand
only). A run without anything due makes no call.

**Too much of something** causes one alert. The gate is then closed for the next campaign of the
same audience (`last_send_unhealthy`). `release_campaigns` asks a person about it. A later sending
that goes well opens the gate, too. The settings `SENDING_…` say how much is too much
(docs/settings.md).

**Rerun.** Clear any task at any time. A look that was made is not made again within the hour.

**When something is wrong**

- *`watch` failed*: its log shows Mailchimp's answer. The sendings of other accounts were looked at.
- *`watch` names an environment variable*: correct it (docs/settings.md). The run did the rest.
- *An alert names a campaign*: docs/campaigns.md, section "The health of a sending".
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import dag_header
from mailchimp_provider.tasks import sendings


@dag(
    **dag_header(
        runbook=__doc__,
        description="Hard bounces, complaints and unsubscribes of new sendings are watched.",
        topic="campaigns",
        schedule=Schedules.read_usable().sendings_schedule,
        retries=1,
        task_timeout=timedelta(hours=1),
        on_task_failure=FailureAlert(quiet_for=timedelta(hours=6)),
    ),
)
def watch_sendings() -> None:
    task(sendings.watch)()


watch_sendings()
