"""Which Airflow works with the warehouse: one at a time.

Two Airflows make runs of the same ids, and may have other CRMs, accounts or settings. So the first
one that asks becomes the only one, until a person hands the warehouse over. A restored warehouse
belongs to none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.named_connection import place_of
from crm_mailchimp.rows import find_value, read_row, read_rows, read_value
from crm_mailchimp.warehouse.locks import named_lock

_HAND_OVER = "python -m crm_mailchimp.warehouse hand-over --dsn …"
#: Only the first row is new. The update changes nothing: with it, the row is returned each time.
_CLAIM = (
    "insert into sync.deployment (deployment_id) values (%s)"
    " on conflict (is_only) do update set is_only = true returning deployment_id, since"
)
_SET = (
    "insert into sync.deployment (deployment_id) values (%s)"
    " on conflict (is_only) do update set deployment_id = excluded.deployment_id, since = now()"
)
#: What our words say in place of an id that is not known. Somebody may copy it.
STAND_IN = "ID"


class OtherDeploymentError(PermanentError):
    """The warehouse belongs to another Airflow, or to none: this one may do nothing with it."""


class UnusableDeploymentIdError(PermanentError):
    """The id of an Airflow has signs that an id may not have, or none at all."""


class WarehouseHolder(NamedTuple):
    """The Airflow that a warehouse belongs to.

    Attributes:
        deployment_id: None: nobody has handed the warehouse over since it was restored.
        since: when it became so.
    """

    deployment_id: str | None
    since: datetime


def usable_id(text: str) -> str:
    """The id of an Airflow, without spaces around it.

    Raises:
        UnusableDeploymentIdError: it is empty, longer than 100 signs, or has others than letters,
            digits, ``_``, ``.`` and ``-``. Or it is ``ID``.
    """
    deployment_id = text.strip()
    if deployment_id == STAND_IN:
        raise UnusableDeploymentIdError(
            f"{STAND_IN} is no id: write one in its place. The error of the refused Airflow says"
            " the id, and so does Airflow's variable mailchimp_deployment"
        )
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", deployment_id):
        raise UnusableDeploymentIdError(
            "the id of an Airflow has 1 to 100 signs, and only letters, digits, _ . and -"
        )
    return deployment_id


def find_holder(warehouse: Connection[Any]) -> WarehouseHolder | None:
    """The Airflow that the warehouse belongs to; None: no Airflow has worked with it yet; commits.

    Args:
        warehouse: outside a transaction.
    """
    holder = read_row(
        warehouse, WarehouseHolder, "select deployment_id, since from sync.deployment"
    )
    warehouse.commit()
    return holder


def require_holder(
    warehouse: Connection[Any], read_id: Callable[[], str | None], make_id: Callable[[], str]
) -> None:
    """Refuse a warehouse of another Airflow. If it belongs to none yet, this one gets it.

    Costs one statement, except the first time.

    Args:
        warehouse: outside a transaction, and left outside.
        read_id: this Airflow's id; None: it has none yet.
        make_id: gives this Airflow an id that stays. Of tasks that begin at the same time, only
            the first makes an id.

    Raises:
        OtherDeploymentError: the warehouse belongs to another Airflow, or to none.
    """
    own_id, holder = read_id(), find_holder(warehouse)
    if own_id is None or holder is None:
        with named_lock(warehouse, "deployment"):
            own_id = read_id() or make_id()
            (holder,) = read_rows(warehouse, WarehouseHolder, _CLAIM, (own_id,))
            warehouse.commit()
    if holder.deployment_id != own_id:
        raise OtherDeploymentError(refusal_words(warehouse, own_id, holder))


def refusal_words(warehouse: Connection[Any], own_id: str | None, holder: WarehouseHolder) -> str:
    """Why an Airflow may not work with the warehouse, and what to do.

    Args:
        own_id: of this Airflow; None: it gets its id with its first task.
        holder: the Airflow that the warehouse belongs to.
    """
    at = f"{holder.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    whose = (
        f"was restored from a backup at {at}, and belongs to no Airflow yet"
        if holder.deployment_id is None
        else f"belongs to another Airflow since {at} (id {holder.deployment_id})"
    )
    own = "gets its id with its first task" if own_id is None else f"has the id {own_id}"
    return (
        f"{place_of(warehouse)}: the warehouse {whose}. Nothing was done. This Airflow {own}. Shall"
        " it get the warehouse? Then pause the DAGs of the other Airflow, and run"
        f" {_HAND_OVER} --to {own_id or STAND_IN}. Else correct the connection, or pause the"
        " DAGs of this Airflow"
    )


def hand_over(warehouse: Connection[Any], deployment_id: str) -> str | None:
    """Let another Airflow work with the warehouse from now on, and no other; commits.

    Tasks of the former one that are at work go on to their end. Locks keep them apart from others.

    Args:
        warehouse: the warehouse.
        deployment_id: as the error of the refused Airflow says it.

    Returns:
        the id of the former Airflow; None: there was none.

    Raises:
        UnusableDeploymentIdError: see ``usable_id``.
    """
    former = _former_id(warehouse)
    warehouse.execute(_SET, (usable_id(deployment_id),))
    warehouse.commit()
    return former


def release(warehouse: Connection[Any]) -> str | None:
    """From now on no Airflow may work with a restored warehouse; the caller commits.

    Args:
        warehouse: it may be from before the table; then nothing is done.

    Returns:
        the id of the Airflow that the warehouse belonged to; None: there was none.
    """
    if not read_value(warehouse, bool, "select to_regclass('sync.deployment') is not null"):
        return None
    former = _former_id(warehouse)
    warehouse.execute(_SET, (None,))
    return former


def _former_id(warehouse: Connection[Any]) -> str | None:
    return find_value(
        warehouse,
        str,
        "select deployment_id from sync.deployment where deployment_id is not null",
    )
