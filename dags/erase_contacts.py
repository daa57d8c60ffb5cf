"""
# erase_contacts

Erases people who asked for it (`crm.contact.erasure_requested_at`), and removes data that has
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
2. The member is permanently deleted in each audience of each account, also in audiences made by
   hand. Both its present address and its known earlier addresses are deleted. An audience that
   another installation fills is not touched. `left_alone` in the result names it, with the number
   of members that stay.
3. The person's rows leave staging, members, refusals, proof, quarantine and marts. Events stay
   under a random token, so that the totals of campaigns stay true.
4. A receipt (`sync.erasure_receipt`) says when it was asked for and done, and how much was
   deleted. It names nobody.

A contact that was merged into the erased contact is the same person, and is erased with it. If only
a merged contact asked, the other one is not erased: the result names both (docs/data_protection.md
says why).

The id of a contact that asked may be no whole number, or too large. Then the person is erased by
the address alone, and `by_address` in the result counts such people. `unidentified` counts rows
that have neither an id nor an address. Nobody can be erased by them: correct them in the CRM.

**What `report_undecided` does.** It alerts about such pairs of contacts, once and then daily. Set
`erasure_requested_at` on the other contact too, or undo the merge. It also alerts about the number
of `unidentified` rows.

**What `apply_retention` does.** It removes data that is older than `KEEP_…_DAYS`. That is stagings,
closed quarantine, ended proof, decided removals, events, IP addresses, logs and Data Docs.

**Rerun.** Clear any task at any time: a repeated step does no harm. The DAG does not search for an
erased person in Mailchimp again. If the person is in Mailchimp again, they signed up themselves.

**When something is wrong**

- *"Mailchimp refused to delete members …"*: the error names the contacts, and they are suppressed.
  Delete them in Mailchimp by hand (the member's page: Actions, Permanently delete). The next run
  finishes them.
- *"Mailchimp failed for …"*: calls about these people failed, and all others are erased.
  Airflow tries again, and so does the next run. If it stays, delete them in Mailchimp by hand.
- *"not every account could be asked"*: people are deleted in all other accounts. The error names
  the connection. Correct it; the next run goes on there. For an account that is given up:
  `python -m crm_mailchimp.sync close-account` (docs/connection.md).
- *"did not ask to be erased"*: set `erasure_requested_at` in the CRM first.
- *"sync.suppression … is missing"*: the warehouse was restored without it. Restore
  `sync.suppression`, `sync.suppression_key`, `sync.installation` and `sync.erased_subscriber`
  from the newest backup.
- *"members stay in audience …"*: another installation fills that audience. Delete them in Mailchimp
  by hand, or set the request in that installation's CRM.
- *"the clocks disagree"*: our machine's clock, the warehouse's or Mailchimp's is wrong by
  more than a day. Set it right. Until then no old data is removed.
- *A task names an environment variable*: correct it (docs/settings.md). With a wrong age, that kind
  of data is kept.
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
        description="People who asked for it are erased, and old data is removed.",
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
