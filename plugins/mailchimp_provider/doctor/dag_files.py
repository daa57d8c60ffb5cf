"""Looks at each DAG file: is it imported, is the DAG paused, and when would it run next?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from airflow.configuration import conf

from crm_mailchimp.readiness.finding import Check, Verdict
from mailchimp_provider.doctor.airflow_database import pauses_of_dags

#: The DAGs of this project. A test compares them with the folder ``dags``.
DAG_IDS = (
    *("approve_removals", "erase_contacts", "extract_reports", "get_mailchimp_defaults"),
    *("preview_collections", "pull_statuses", "refresh_marts", "release_campaigns"),
    *("send_campaigns", "sync_campaigns", "sync_collections", "watch_sendings"),
)


def dag_checks() -> Iterator[Check]:
    """All DAG files of Airflow's own folder of DAGs."""
    yield Check(subject="dags", look=_look)


def _look() -> Iterator[tuple[Verdict, str]]:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - takes seconds

    bag = DagBag(str(conf.get("core", "dags_folder")), load_op_links=False)
    for path, trace in sorted(bag.import_errors.items()):
        # Only the kind of the error: its words may quote anything.
        kind = (trace.strip().splitlines() or ["error"])[-1].partition(":")[0]
        yield (
            "to do",
            f"{Path(path).name} cannot be imported ({kind}): airflow dags list-import-errors"
            " shows why",
        )
    missing = [dag_id for dag_id in DAG_IDS if dag_id not in bag.dags]
    if missing:
        yield (
            "to do",
            f"no file in core.dags_folder has {', '.join(missing)}: copy the folder dags of this"
            " release there",
        )
    paused = pauses_of_dags()
    present = [dag_id for dag_id in DAG_IDS if dag_id in bag.dags]
    unknown = [dag_id for dag_id in present if dag_id not in paused]
    if unknown:
        yield (
            "to do",
            f"Airflow's database does not know {', '.join(unknown)} yet: start airflow"
            " dag-processor",
        )
    for dag_id in present:
        if dag_id in paused:
            yield _state(bag.dags[dag_id], is_paused=paused[dag_id])


def _state(dag: Any, *, is_paused: bool) -> tuple[Verdict, str]:
    runs_unless_paused = dag.is_paused_upon_creation is False
    if runs_unless_paused:
        if is_paused:
            return (
                "to do",
                f"{dag.dag_id} is paused, so nobody can start it, and no other DAG: unpause it. It"
                " does nothing by itself",
            )
        return "fine", f"{dag.dag_id} is not paused; a person or another DAG starts it"
    if not is_paused:
        return "fine", f"{dag.dag_id} is not paused; {_when(dag)}"
    return "note", f"{dag.dag_id} is paused. Unpausing starts nothing: {_when(dag)}"


def _when(dag: Any) -> str:
    from airflow.timetables.base import TimeRestriction  # noqa: PLC0415 - takes seconds
    from pendulum import DateTime, timezone  # noqa: PLC0415

    from mailchimp_provider.next_tick import NextTickTimetable  # noqa: PLC0415 - takes seconds

    if not isinstance(dag.timetable, NextTickTimetable):
        return (
            "it runs after the DAG that updates its data"
            if dag.schedule is not None
            else "a person or another DAG starts it"
        )
    restriction = TimeRestriction(
        earliest=DateTime.now(timezone("UTC")), latest=None, catchup=False
    )
    info = dag.timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=restriction
    )
    at: datetime | None = info.run_after if info else None
    return f"its next run is at {at:%Y-%m-%d %H:%M} UTC" if at else "no further run is planned"
