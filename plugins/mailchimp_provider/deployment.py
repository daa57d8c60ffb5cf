"""The id of this Airflow, in a variable of Airflow: a warehouse works with one Airflow.

Workers may share no file, and may not read Airflow's database. A variable reaches all of them. As
``AIRFLOW_VAR_MAILCHIMP_DEPLOYMENT`` in the environment it stays when Airflow's database is new.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from crm_mailchimp.errors import PassingError
from crm_mailchimp.warehouse.deployment import (
    UnusableDeploymentIdError,
    find_holder,
    require_holder,
    usable_id,
)

if TYPE_CHECKING:
    from psycopg import Connection

#: Name of the variable.
KEY = "mailchimp_deployment"
_DESCRIPTION = (
    "The id of this Airflow. The warehouse of the Mailchimp pipeline works with one Airflow."
)
#: Where a task's context notes the warehouse that was found to be this Airflow's.
_FOUND = "own_warehouse"


class DeploymentUnknownError(PassingError):
    """Airflow does not say its variable now."""


def require_own_warehouse(warehouse: Connection[Any]) -> None:
    """Refuse a warehouse of another Airflow, once in each task. The first one's it becomes.

    Outside of tasks nothing is asked: the page and the commands do not work in Mailchimp.

    Args:
        warehouse: a new connection.

    Raises:
        OtherDeploymentError: the warehouse belongs to another Airflow, or to none.
        UnusableDeploymentIdError: the variable is empty, or has signs that an id may not have.
        DeploymentUnknownError: Airflow does not say its variable now.
    """
    from airflow.sdk import get_current_context  # noqa: PLC0415 - takes seconds

    try:
        context: Any = get_current_context()
    except RuntimeError:  # the function was not called by a task
        return
    if context.get(_FOUND) == warehouse.info.dsn:
        return
    require_holder(warehouse, _read_id_for_sure, _make_id)
    context[_FOUND] = warehouse.info.dsn


def is_of_another(warehouse: Connection[Any]) -> bool:
    """Whether the warehouse is known to belong to another Airflow than this one."""
    own_id, holder = read_id(), find_holder(warehouse)
    if own_id is None or holder is None:
        return False
    return holder.deployment_id != own_id


def read_id() -> str | None:
    """This Airflow's id; None: it has none yet, or Airflow does not say it now.

    Raises:
        UnusableDeploymentIdError: the variable is empty, or has signs that an id may not have.
    """
    from airflow.sdk import Variable  # noqa: PLC0415 - takes seconds

    value = Variable.get(KEY, default=None)
    if value is None:
        return None
    try:
        return usable_id(value)
    except UnusableDeploymentIdError as error:
        raise UnusableDeploymentIdError(
            f"variable {KEY} of Airflow: {error}. Correct it (Admin, Variables, or"
            f" AIRFLOW_VAR_{KEY.upper()} in the environment)"
        ) from None


def _read_id_for_sure() -> str | None:
    """The same, but None only if there is no such variable.

    ``Variable.get`` of Airflow 3.3.2 takes any error of the API server for a missing variable
    (``airflow/sdk/execution_time/secrets/execution_api.py``). A new id would then lock the pipeline
    out of its own warehouse.
    """
    from airflow.sdk import Variable  # noqa: PLC0415 - takes seconds

    own_id = read_id()
    if own_id is None and KEY in Variable.keys(prefix=KEY):
        raise DeploymentUnknownError(
            f"Airflow has the variable {KEY}, and does not give its value: the API server has"
            " trouble. Try again, and look at its log if that does not help"
        )
    return own_id


def _make_id() -> str:
    """Give this Airflow an id; returns what Airflow says afterwards."""
    from airflow.sdk import Variable  # noqa: PLC0415 - takes seconds

    Variable.set(KEY, uuid.uuid4().hex[:12], description=_DESCRIPTION)
    own_id = read_id()
    if own_id is None:
        raise DeploymentUnknownError(
            f"Airflow was given the variable {KEY}, and does not show it. Look at the log of the"
            " API server, and at Admin, Variables"
        )
    return own_id
