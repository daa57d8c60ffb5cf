"""
# only_the_hook

Counts the members of each audience. It shows what a DAG of your own needs: one connection of type
Mailchimp, and no database.

**Setting.** A connection `mailchimp_default` with an API key, or another id in the param.

**Params**

- `connection`: id of the connection.

**Rerun.** At any time. The hook here only reads: it refuses each request that would change
something.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task

log = logging.getLogger(__name__)


@task
def count_members(params: Mapping[str, Any]) -> dict[str, int]:
    """Members by audience id. Ids and counts only: names and addresses do not belong into logs."""
    from mailchimp_provider.hooks.mailchimp import MailchimpHook  # noqa: PLC0415 - takes seconds

    hook = MailchimpHook(mailchimp_conn_id=params["connection"], read_only=True)
    with hook.get_conn() as mailchimp:
        counts = {audience.list_id: audience.member_count for audience in mailchimp.audiences()}
    for list_id, members in counts.items():
        log.info("audience %s has %d members", list_id, members)
    return counts


@dag(
    doc_md=__doc__,
    description="The members of each audience are counted.",
    tags=["mailchimp", "example"],
    schedule=None,
    catchup=False,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(minutes=30),
    },
    params={
        "connection": Param("mailchimp_default", type="string", description="Id of the connection")
    },
)
def only_the_hook() -> None:
    count_members()


only_the_hook()
