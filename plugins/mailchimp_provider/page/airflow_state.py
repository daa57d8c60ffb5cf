"""What the page asks of Airflow's own database: paused DAGs, the next run, and tasks' logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import quote

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import select

_SYNC, _TASK = "sync_collections", "sync_collection"


def paused_dags(dag_ids: Iterable[str]) -> set[str]:
    """Those of which Airflow starts no runs."""
    with create_session() as session:
        found = session.scalars(
            select(DagModel.dag_id).where(
                DagModel.dag_id.in_(list(dag_ids)), DagModel.is_paused.is_(True)
            )
        )
        return set(found)


def next_sync() -> datetime | None:
    """When Airflow starts the next sync by itself; None: it does not."""
    with create_session() as session:
        found: datetime | None = session.scalar(
            select(DagModel.next_dagrun_create_after).where(
                DagModel.dag_id == _SYNC, DagModel.is_paused.is_(False)
            )
        )
        return found


def log_addresses(runs: Mapping[str, str]) -> dict[str, str]:
    """Where Airflow shows the log of each collection's task, relative to Airflow.

    Args:
        runs: collection code to the id of a run of ``sync_collections``.
    """
    with create_session() as session:
        rows = session.execute(
            select(
                TaskInstance.run_id, TaskInstance.map_index, TaskInstance._rendered_map_index
            ).where(
                TaskInstance.dag_id == _SYNC,
                TaskInstance.task_id == _TASK,
                TaskInstance.run_id.in_(sorted(set(runs.values()))),
            )
        ).all()
    found = {}
    for run_id, map_index, code in rows:
        if code is not None and runs.get(code) == run_id:
            place = f"runs/{quote(run_id, safe='')}/tasks/{_TASK}/mapped/{map_index}"
            found[code] = f"dags/{_SYNC}/{place}"
    return found


def runs_of(dag_id: str, run_ids: Iterable[str]) -> set[str]:
    """Those of the runs that belong to a DAG."""
    with create_session() as session:
        return set(
            session.scalars(
                select(DagRun.run_id).where(
                    DagRun.dag_id == dag_id, DagRun.run_id.in_(list(run_ids))
                )
            )
        )
