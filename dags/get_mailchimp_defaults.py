"""
# get_mailchimp_defaults

"Get Mailchimp defaults": reads the account's contact and one audience's sender and list defaults
from Mailchimp, and fills `crm.external_provider` with them where it is empty.

**When.** By hand, once after the connection `mailchimp_default` was set up, and whenever company
data changed in Mailchimp. Audiences take changed values over at their next sync.

**Params**

- `list_id`: the audience whose defaults are read; empty means the account's first one.
- `overwrite`: replace values that the CRM has already, too.

**What it shows.** The log and the task's result name the columns that were filled, overwritten,
kept, unchanged, or are missing on both sides. The values of both sides, which may name a person,
stand in the warehouse's table `sync.provider_default`, and are printed by
`python -m crm_mailchimp.sync defaults --dsn …`.

**Rerun.** At any time; without `overwrite` a second run changes nothing.

**When something is wrong**

- *"crm.external_provider has no row"*: enter the row of the provider first.
- *"permission denied"*: the login of `crm_db` needs `UPDATE` on `crm.external_provider`; fill the
  columns by hand otherwise.
- *Columns are missing*: an account without audience has no list defaults; enter them in the CRM.
"""

# ruff: noqa: PLC0415 - the scheduler parses this file often: what takes long is imported in tasks

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import Param, dag, get_current_context, task

from mailchimp_provider.alerts import FailureAlert


@dag(
    dag_id="get_mailchimp_defaults",
    schedule=None,
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - in Airflow's default time zone
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "crm-mailchimp",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=1),
    },
    params={
        "list_id": Param(
            None, type=["null", "string"], description="Audience to read; empty: the first one"
        ),
        "overwrite": Param(
            False, type="boolean", description="Replace values that the CRM has already, too"
        ),
    },
    on_failure_callback=FailureAlert(),
    tags=["mailchimp", "settings"],
    doc_md=__doc__,
)
def get_mailchimp_defaults() -> None:
    @task
    def fill() -> dict[str, list[str]]:
        """Fill the empty columns; returns the columns' names by what became of them."""
        from crm_mailchimp.sync.provider_defaults import get_provider_defaults
        from mailchimp_provider.connections import crm_connection, mailchimp, warehouse_connection
        from mailchimp_provider.outcomes import fail_without_retry

        params = get_current_context()["params"]
        with (
            fail_without_retry(),
            warehouse_connection() as warehouse,
            crm_connection() as crm,
            mailchimp() as provider,
        ):
            found = get_provider_defaults(
                warehouse, crm, provider, list_id=params["list_id"], overwrite=params["overwrite"]
            )
        return found.columns()

    fill()


get_mailchimp_defaults()
