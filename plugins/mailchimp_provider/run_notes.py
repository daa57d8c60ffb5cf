"""Notes on runs: what people see in Airflow's list of runs without opening a task.

In Airflow 3.3.2 a task cannot write a note on its own run. So a task leaves the text as an XCom,
and the scheduler, which ends the run, writes it. The file ``plugins/mailchimp_scheduler.py`` tells
Airflow of the functions ``on_dag_run_…``, by the names of Airflow's listeners.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from mailchimp_provider.links import page_url

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

#: The XCom that holds a task's part of the note.
RUN_NOTE = "crm_mailchimp_run_note"
#: Begins each of our lines in a note.
_MARK = "Mailchimp: "
#: Airflow's column holds so many characters.
_LONGEST = 1000


def leave_note(ti: Any, text: str) -> None:
    """Leave a text for the note of the task's run.

    Args:
        ti: the running task instance, as Airflow hands it to a task.
        text: codes, counts and ids; no addresses.
    """
    ti.xcom_push(key=RUN_NOTE, value=text)


def paused_words(ti: Any, dag_id: str, questions: Sequence[object]) -> list[str]:
    """A line that says that nobody is asked, if the DAG that asks is paused.

    Args:
        ti: the running task instance.
        dag_id: the DAG that asks a person.
        questions: those that are open; none needs no word.
    """
    if questions and ti.get_dag(dag_id).is_paused:
        return [f"nobody is asked: the DAG {dag_id} is paused. Unpause it"]
    return []


@hookimpl
def on_dag_run_success(dag_run: DagRun, msg: str) -> None:
    """Write the note; Airflow calls it in the scheduler."""
    _write(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: DagRun, msg: str) -> None:
    """Write the note; Airflow calls it in the scheduler."""
    _write(dag_run)


def _write(dag_run: DagRun) -> None:
    from airflow.models.xcom import XComModel  # noqa: PLC0415 - only in the scheduler
    from sqlalchemy import select  # noqa: PLC0415
    from sqlalchemy.orm import object_session  # noqa: PLC0415

    session = object_session(dag_run)
    if session is None:
        return
    left = session.scalars(
        select(XComModel.value)
        .where(
            XComModel.dag_id == dag_run.dag_id,
            XComModel.run_id == dag_run.run_id,
            XComModel.key == RUN_NOTE,
        )
        .order_by(XComModel.task_id, XComModel.map_index)
    ).all()
    lines = [line for text in left if isinstance(text, str) for line in text.splitlines()]
    before = (dag_run.note or "").splitlines()
    # A person's own words stay; what an earlier attempt of this run said goes.
    own = [line for line in before if not line.startswith(_MARK)]
    noted = [*own, *(f"{_MARK}{line}" for line in lines)]
    if noted or before:
        dag_run.note = _fitting(noted)


def _fitting(lines: Sequence[str]) -> str:
    """A note of these lines; if it would be too long, it says where the rest is."""
    note = "\n".join(lines)
    if len(note) <= _LONGEST:
        return note
    rest = f"…\n{_MARK}more on the page: {page_url()}"
    return f"{note[: _LONGEST - len(rest)]}{rest}"
