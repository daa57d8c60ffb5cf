"""Whether a DAG was paused at a moment, by Airflow's audit log.

Airflow keeps no time of pausing. But it logs each request to pause or unpause a DAG before it obeys
(Airflow 3.3.2, ``airflow/api_fastapi/logging/decorators.py``,
``airflow/utils/cli_action_loggers.py``, ``airflow/models/dagrun.py``).
"""

from __future__ import annotations

import datetime
import json
import re
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, object_session

if TYPE_CHECKING:
    from airflow.models.dag import DagModel
    from airflow.models.log import Log

# The page and the API have one name for one DAG and one for several. The command line has its own,
# and so has the scheduler, which pauses a DAG that fails again and again.
_PATCHED_ONE, _PATCHED_SEVERAL = "patch_dag", "patch_dags"
#: How many requests about other DAGs may lie between a moment and the last one about this DAG.
_MOST_EVENTS = 1_000

#: What a request makes of a DAG; unclear: it was paused before, or is now.
_Change = Literal["paused", "unpaused", "unclear"]
_COMMANDS: dict[str, _Change] = {
    "cli_dag_pause": "paused",
    "cli_dag_unpause": "unpaused",
    "paused": "paused",
}
_EVENTS = (_PATCHED_ONE, _PATCHED_SEVERAL, *_COMMANDS)


def stays_due(dag_model: DagModel, tick: datetime.datetime) -> bool:
    """Whether a tick that has passed is still to be started, for a DAG that is not paused now.

    Airflow must have known the DAG at the tick, and the DAG must not have been paused then. Nobody
    must have paused it since, or deleted the tick's run.

    Args:
        dag_model: of Airflow's database, in a session.
        tick: a moment that has passed.
    """
    session = object_session(dag_model)
    if session is None:
        return True
    if not _was_known(session, dag_model.dag_id, tick):
        return False
    if _was_deleted(session, dag_model.dag_id, tick):
        return False
    since = _changes(session, dag_model.dag_id, from_moment=tick)
    # The DAG is not paused now. So a pause without an unpausing after it is not obeyed yet.
    while since and since[-1] == "paused":
        since.pop()
    if not since:
        return True
    # Somebody unpaused it after the tick. That means nothing if it was not paused.
    before = _changes(session, dag_model.dag_id, before_moment=tick)
    return before[-1:] == ["unpaused"] and set(since) == {"unpaused"}


def _was_known(session: Session, dag_id: str, moment: datetime.datetime) -> bool:
    from airflow.models.dag_version import DagVersion  # noqa: PLC0415 - only in the scheduler

    first = session.scalar(
        select(func.min(DagVersion.created_at)).where(DagVersion.dag_id == dag_id)
    )
    return first is None or first <= moment


def _was_deleted(session: Session, dag_id: str, tick: datetime.datetime) -> bool:
    """Whether somebody deleted the run of the tick: it was started, and is not started twice."""
    from airflow.models.log import Log  # noqa: PLC0415
    from airflow.utils.types import DagRunType  # noqa: PLC0415

    run_id = DagRunType.SCHEDULED.generate_run_id(suffix=tick.isoformat())
    found = session.scalar(
        select(func.count()).where(
            Log.dttm >= tick,
            Log.event == "delete_dag_run",
            Log.dag_id == dag_id,
            Log.run_id == run_id,
        )
    )
    return bool(found)


def _changes(
    session: Session,
    dag_id: str,
    *,
    from_moment: datetime.datetime | None = None,
    before_moment: datetime.datetime | None = None,
) -> list[_Change]:
    """What requests made of the DAG from a moment on, or before one; the oldest first."""
    from airflow.models.log import Log  # noqa: PLC0415

    wanted = select(Log).where(Log.event.in_(_EVENTS))
    if from_moment is not None:
        wanted = wanted.where(Log.dttm >= from_moment)
    if before_moment is not None:
        wanted = wanted.where(Log.dttm < before_moment)
    newest_first = wanted.order_by(Log.dttm.desc(), Log.id.desc()).limit(_MOST_EVENTS)
    found = [_change(entry, dag_id) for entry in session.scalars(newest_first)]
    return [change for change in reversed(found) if change is not None]


def _change(entry: Log, dag_id: str) -> _Change | None:
    """What a request makes of the DAG; None: it is about others."""
    extra = _extra(entry)
    if entry.event == _PATCHED_SEVERAL:
        return _as_patched(extra) if _are_meant(extra, dag_id) else None
    # A command for all DAGs whose ids fit an expression may be about this one.
    if entry.dag_id != dag_id and "--treat-dag-id-as-regex" not in str(extra.get("full_command")):
        return None
    return _as_patched(extra) if entry.event == _PATCHED_ONE else _COMMANDS[entry.event]


def _extra(entry: Log) -> dict[str, Any]:
    try:
        extra = json.loads(entry.extra or "{}")
    except ValueError:
        return {}
    return extra if isinstance(extra, dict) else {}


def _as_patched(extra: dict[str, Any]) -> _Change:
    if "is_paused" not in extra:
        return "unclear"
    # Airflow takes each of these words for false (pydantic's booleans).
    is_paused = str(extra["is_paused"]).lower() not in ("false", "f", "no", "n", "off", "0")
    return "paused" if is_paused else "unpaused"


def _are_meant(extra: dict[str, Any], dag_id: str) -> bool:
    """Whether a request about several DAGs may be about this one, by its pattern.

    Airflow reads it as ``ILIKE``, with ``|`` between alternatives. Other filters only leave out.
    """
    pattern, prefix = extra.get("dag_id_pattern"), extra.get("dag_id_prefix_pattern")
    if pattern is None:
        return prefix is not None
    terms = [term.strip() for term in str(pattern).split("|") if term.strip()] or [""]
    return any(_is_like(dag_id, "%" if term == "~" else term) for term in terms)


def _is_like(text: str, term: str) -> bool:
    wildcards = {"%": ".*", "_": "."}
    expression = "".join(wildcards.get(sign, re.escape(sign)) for sign in term)
    return re.search(expression, text, re.IGNORECASE) is not None
