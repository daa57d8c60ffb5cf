"""
# get_mailchimp_defaults

"Get Mailchimp defaults": reads the account's contact, and the sender and list defaults of one
audience. It fills the empty columns of `crm.external_provider` with them. Each row of the kind
`mailchimp` is filled from its own account.

**When.** By hand, once after the connection `mailchimp_default` was set up, and when company data
changed in Mailchimp. Audiences get changed values at their next sync.

**Params**

- `list_id`: the audience whose defaults are read. Empty: the account's first one. With several
  accounts, only the rows of its own account are filled.
- `overwrite`: also replace values that the CRM has already.

**What it shows.** The log and the task's result name the columns that were filled, overwritten,
kept or unchanged. They also name columns without a value on both sides. The values may name a
person. They are in the table `sync.provider_default`. The command
`python -m crm_mailchimp.sync defaults --dsn …` prints them.

**Rerun.** At any time. Without `overwrite` a second run changes nothing.

**When something is wrong**

- *"crm.external_provider has no row"*: enter the row of the provider first.
- *"permission denied"*: the login of `crm_db` needs `UPDATE` on `crm.external_provider`.
  Otherwise fill the columns by hand.
- *Columns are missing*: an account without an audience has no list defaults. Enter them in the
  CRM.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from mailchimp_provider.alerts import FailureAlert
from mailchimp_provider.dag_defaults import dag_header
from mailchimp_provider.tasks import provider_defaults


@dag(
    **dag_header(
        runbook=__doc__,
        description="Sender and list defaults of Mailchimp fill the CRM's empty columns.",
        topic="settings",
        task_timeout=timedelta(hours=1),
        on_failure=FailureAlert(),
    ),
    params={
        "list_id": Param(
            None, type=["null", "string"], description="Audience to read; empty: the first one"
        ),
        "overwrite": Param(
            False, type="boolean", description="Also replace values that the CRM has already"
        ),
    },
)
def get_mailchimp_defaults() -> None:
    task(provider_defaults.fill)()


get_mailchimp_defaults()
