"""
# erase_contacts

Forgets the people who asked for it (`crm.contact.erasure_requested_at`), and removes what has
reached its age.

**When.** Daily, or as `ERASURE_SCHEDULE` says (a cron expression; empty: by hand only). By hand
at any time, for single people with the param `contacts`.

**Params**

- `contacts`: contact ids. Only these people are erased, and only if the CRM says that they asked.
  Empty: all who asked.
- `dry_run`: count, and change nothing.

**What `erase` does, in this order**

1. The suppression list gets a keyed digest of the address and of the contact id. From then on
   nothing pushes the person, under no contact and after no restore of a backup.
2. The member is deleted for good in each audience of the account, those made by hand included,
   under its address of now and under the earlier ones that are known. An audience that another
   installation fills is not touched: `left_alone` in the result names it, with how many members
   stay.
3. The person's rows leave staging, members, refusals, proof, quarantine and marts. Events stay
   under a random token, so that the totals of campaigns stay true.
4. A receipt (`sync.erasure_receipt`) says when it was asked for and done, and how much was
   deleted. It names nobody.

A contact that was merged into the erased one is the same person and goes with it. A contact that
asked, and was merged into one that did not ask, is erased alone. The result names both.

**What `report_undecided` does.** It alerts about those, once and then daily. Set
`erasure_requested_at` on the surviving contact too, or undo the merge.

**What `apply_retention` does.** It removes what is older than `KEEP_…_DAYS` says: snapshots,
closed quarantine, ended proof, decided removals, events, IP addresses, logs, Data Docs.

**Rerun.** Clear any task at any time: repeating a step does no harm. An erased person is not
looked for in Mailchimp again. If the person is there once more, it was by their own sign-up.

**When something is wrong**

- *"Mailchimp refused to delete members …"*: the contacts are named and suppressed. Delete them in
  Mailchimp by hand (the member's page: Actions, Permanently delete). The next run finishes them.
- *"did not ask to be erased"*: set `erasure_requested_at` in the CRM first.
- *"sync.suppression … is missing"*: the warehouse was restored without it. Restore
  `sync.suppression`, `sync.suppression_key`, `sync.installation` and `sync.erased_subscriber`
  from the newest backup there is.
- *"members stay in audience …, which another installation fills"*: delete them in Mailchimp by
  hand, or set the request in that installation's CRM.
- *A task names an environment variable*: correct it (docs/settings.md). What has a wrong age is
  kept.
- *Was this person erased?* `python -m crm_mailchimp.sync explain --email …` says so.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from crm_mailchimp.settings import Schedules
from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import dag_header
from mailchimp_provider.tasks import erasure


@dag(
    **dag_header(
        runbook=__doc__,
        description="People who asked are forgotten, and old data is removed.",
        topic="rights",
        schedule=Schedules.read_usable().erasure_schedule,
        retry_delay=timedelta(minutes=2),
        retry_exponential_backoff=True,
        task_timeout=timedelta(hours=12),
        on_failure=FailureAlert(),
    ),
    params={
        "contacts": Param(
            [], type="array", items={"type": "integer"}, description="Only these ids; empty: all"
        ),
        "dry_run": Param(False, type="boolean", description="Count, change nothing"),
    },
)
def erase_contacts() -> None:
    # Side by side: none waits for another, and the failure of any fails the run.
    task(erasure.erase)()
    task(erasure.report_undecided)()
    task(erasure.apply_retention)()


erase_contacts()
