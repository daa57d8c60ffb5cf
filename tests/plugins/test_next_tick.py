"""Which tick of a schedule the scheduler starts: Airflow's own tables, at moments that we set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pendulum
import pytest
from airflow.models.dag import DagModel
from airflow.models.log import Log
from airflow.timetables.base import DataInterval, TimeRestriction
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from mailchimp_provider import next_tick
from mailchimp_provider.next_tick import NextTickTimetable, TickPassedError

DAILY = NextTickTimetable("0 3 * * *", timezone="Europe/Athens")
#: 03:00 in Athens is 01:00 UTC in winter.
TICK = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NO_LIMIT = TimeRestriction(earliest=None, latest=None, catchup=False)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    for model in (DagModel, Log):
        model.__table__.create(engine)
    with Session(engine) as session:
        yield session


def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(next_tick, "_now", lambda: pendulum.instance(now))


def stored(session: Session, tick: datetime) -> DagModel:
    dag = DagModel(dag_id="erase_contacts")
    dag.bundle_name = "dags-folder"
    dag.next_dagrun = dag.next_dagrun_create_after = tick
    dag.next_dagrun_data_interval = (tick, tick)
    session.add(dag)
    return dag


def log(session: Session, event: str, when: datetime, dag_id: str | None = None) -> None:
    entry = Log(event=event, dag_id=dag_id)
    entry.dttm = when
    session.add(entry)
    session.flush()


@pytest.mark.parametrize("late", [timedelta(seconds=3), timedelta(hours=2), timedelta(hours=12)])
def test_a_tick_is_started_also_after_an_outage(
    session: Session, monkeypatch: pytest.MonkeyPatch, late: timedelta
) -> None:
    dag = stored(session, TICK)
    log(session, "patch_dag", TICK - timedelta(minutes=1), "erase_contacts")
    log(session, "patch_dag", TICK + timedelta(seconds=1), "sync_collections")
    at(monkeypatch, TICK + late)
    found = DAILY.next_run_info_from_dag_model(dag_model=dag)
    assert found and found.run_after == TICK


@pytest.mark.parametrize(
    ("event", "dag_id"),
    [("patch_dag", "erase_contacts"), ("cli_dag_unpause", "erase_contacts"), ("patch_dags", None)],
)
def test_a_tick_that_passed_in_a_pause_is_not_started(
    session: Session, monkeypatch: pytest.MonkeyPatch, event: str, dag_id: str | None
) -> None:
    dag = stored(session, TICK)
    log(session, event, TICK + timedelta(hours=1), dag_id)
    at(monkeypatch, TICK + timedelta(hours=1, seconds=1))
    with pytest.raises(TickPassedError, match="erase_contacts: the tick of 2026-11-26 01:00:00"):
        DAILY.next_run_info_from_dag_model(dag_model=dag)
    assert dag.next_dagrun_create_after == TICK + DAY
    at(monkeypatch, TICK + DAY + timedelta(seconds=1))
    found = DAILY.next_run_info_from_dag_model(dag_model=dag)
    assert found and found.run_after == TICK + DAY


def test_after_a_long_outage_the_newest_tick_counts(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = stored(session, TICK - 3 * DAY)
    at(monkeypatch, TICK + timedelta(hours=5))
    with pytest.raises(TickPassedError):
        DAILY.next_run_info_from_dag_model(dag_model=dag)
    found = DAILY.next_run_info_from_dag_model(dag_model=dag)
    assert found and found.run_after == TICK

    dag.next_dagrun = dag.next_dagrun_create_after = TICK - 3 * DAY
    at(monkeypatch, TICK + timedelta(hours=13))
    with pytest.raises(TickPassedError):
        DAILY.next_run_info_from_dag_model(dag_model=dag)
    assert dag.next_dagrun_create_after == TICK + DAY


def test_a_dag_without_a_run_has_only_a_future(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, TICK + timedelta(seconds=1))
    found = DAILY.next_dagrun_info(last_automated_data_interval=None, restriction=NO_LIMIT)
    assert found and found.run_after == TICK + DAY
    # With one, the tick that has just passed is not skipped when Airflow reads the file again.
    before = DataInterval.exact(pendulum.instance(TICK - DAY))
    found = DAILY.next_dagrun_info(last_automated_data_interval=before, restriction=NO_LIMIT)
    assert found and found.run_after == TICK
    done = DataInterval.exact(pendulum.instance(TICK))
    found = DAILY.next_dagrun_info(last_automated_data_interval=done, restriction=NO_LIMIT)
    assert found and found.run_after == TICK + DAY
