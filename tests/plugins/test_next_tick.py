"""Which tick of a schedule the scheduler starts: Airflow's own tables, at moments that we set."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pendulum
import pytest
from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagrun import DagRun
from airflow.models.log import Log
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.utils.types import DagRunType
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from mailchimp_provider import next_tick
from mailchimp_provider.next_tick import NextTickTimetable, TickPassedError

DAG = "erase_contacts"
DAILY = NextTickTimetable("0 3 * * *", timezone="Europe/Athens")
#: 03:00 in Athens is 01:00 UTC in winter.
TICK = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
NO_LIMIT = TimeRestriction(earliest=None, latest=None, catchup=False)
PAUSE, UNPAUSE = json.dumps({"is_paused": True}), json.dumps({"is_paused": False})


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(database()) as session:
        yield session


def database() -> Any:
    engine = create_engine("sqlite://")
    for model in (DagModel, Log, DagVersion):
        model.__table__.create(engine)
    return engine


def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(next_tick, "_now", lambda: pendulum.instance(now))


def stored(session: Session, tick: datetime, *, known_since: datetime = TICK - 9 * DAY) -> DagModel:
    dag = DagModel(dag_id=DAG)
    dag.bundle_name = "dags-folder"
    dag.next_dagrun = dag.next_dagrun_create_after = tick
    dag.next_dagrun_data_interval = (tick, tick)
    session.add_all([dag, DagVersion(dag_id=DAG, created_at=known_since)])
    session.flush()
    return dag


def log(
    session: Session,
    event: str,
    when: datetime,
    dag_id: str | None = None,
    extra: str | None = None,
    run_id: str | None = None,
) -> None:
    entry = Log(event=event, dag_id=dag_id, extra=extra)
    entry.dttm, entry.run_id = when, run_id
    session.add(entry)
    session.flush()


@pytest.mark.parametrize("late", [3 * SECOND, 2 * HOUR, 12 * HOUR])
def test_a_tick_is_started_also_after_an_outage(
    session: Session, monkeypatch: pytest.MonkeyPatch, late: timedelta
) -> None:
    dag = stored(session, TICK)
    log(session, "patch_dag", TICK - timedelta(minutes=1), DAG, UNPAUSE)
    log(session, "patch_dag", TICK + SECOND, "sync_collections", PAUSE)
    log(session, "patch_dag", TICK + 2 * SECOND, "sync_collections", UNPAUSE)
    at(monkeypatch, TICK + late)
    found = DAILY.next_run_info_from_dag_model(dag_model=dag)
    assert found and found.run_after == TICK


@pytest.mark.parametrize(
    ("event", "dag_id", "extra"),
    [
        ("patch_dag", DAG, UNPAUSE),
        ("patch_dag", DAG, None),
        ("cli_dag_unpause", DAG, None),
        ("cli_dag_unpause", ".*", '{"full_command": "dags unpause .* --treat-dag-id-as-regex"}'),
        ("patch_dags", None, '{"is_paused": false, "dag_id_pattern": "~"}'),
        ("patch_dags", None, '{"is_paused": false, "dag_id_pattern": "sync | ERASE_"}'),
        ("patch_dags", None, '{"is_paused": false, "dag_id_prefix_pattern": "er"}'),
    ],
)
def test_a_tick_that_passed_in_a_pause_is_not_started(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    event: str,
    dag_id: str | None,
    extra: str | None,
) -> None:
    dag = stored(session, TICK)
    log(session, event, TICK + HOUR, dag_id, extra)
    at(monkeypatch, TICK + HOUR + SECOND)
    with pytest.raises(TickPassedError, match="erase_contacts: the tick of 2026-11-26 01:00:00"):
        DAILY.next_run_info_from_dag_model(dag_model=dag)
    assert dag.next_dagrun_create_after == TICK + DAY
    at(monkeypatch, TICK + DAY + SECOND)
    found = DAILY.next_run_info_from_dag_model(dag_model=dag)
    assert found and found.run_after == TICK + DAY


@pytest.mark.parametrize(
    "after_the_tick",
    [
        [("patch_dag", DAG, UNPAUSE)],  # of a DAG that was not paused
        [("cli_dag_unpause", DAG, None)],
        [("patch_dags", None, '{"is_paused": true}')],  # without a pattern: of no DAG
        [
            ("patch_dags", None, '{"is_paused": true, "dag_id_pattern": "sync"}'),
            ("patch_dags", None, '{"is_paused": false, "dag_id_pattern": "sync"}'),
        ],
        [("patch_dag", DAG, PAUSE)],  # asked for, and not obeyed yet
    ],
)
def test_a_request_that_unpauses_nothing_loses_no_tick(
    session: Session, monkeypatch: pytest.MonkeyPatch, after_the_tick: list[Any]
) -> None:
    dag = stored(session, TICK)
    log(session, "patch_dag", TICK - DAY, DAG, PAUSE)
    log(session, "patch_dag", TICK - HOUR, DAG, UNPAUSE)
    for seconds, (event, dag_id, extra) in enumerate(after_the_tick, start=1):
        log(session, event, TICK + seconds * SECOND, dag_id, extra)
    at(monkeypatch, TICK + 10 * SECOND)
    found = DAILY.next_run_info_from_dag_model(dag_model=dag)
    assert found and found.run_after == TICK


def test_a_tick_before_the_dag_was_known_is_not_started(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Airflow does not pause new DAGs, nobody unpauses this one."""
    dag = stored(session, TICK, known_since=TICK + SECOND)
    at(monkeypatch, TICK + 2 * SECOND)
    with pytest.raises(TickPassedError):
        DAILY.next_run_info_from_dag_model(dag_model=dag)
    assert dag.next_dagrun_create_after == TICK + DAY


def test_a_run_that_somebody_deleted_does_not_come_back(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = stored(session, TICK)
    log(session, "delete_dag_run", TICK + HOUR, DAG, run_id="manual__2026-11-26T01:30:00+00:00")
    at(monkeypatch, TICK + HOUR)
    assert DAILY.next_run_info_from_dag_model(dag_model=dag)
    log(session, "delete_dag_run", TICK + HOUR, DAG, run_id="scheduled__2026-11-26T01:00:00+00:00")
    with pytest.raises(TickPassedError):
        DAILY.next_run_info_from_dag_model(dag_model=dag)


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


def test_a_tick_that_has_just_passed_is_not_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """When Airflow reads the file between a tick and its start, with a run before or without."""
    at(monkeypatch, TICK + SECOND)
    found = DAILY.next_dagrun_info(last_automated_data_interval=None, restriction=NO_LIMIT)
    assert found and found.run_after == TICK
    before = DataInterval.exact(pendulum.instance(TICK - DAY))
    found = DAILY.next_dagrun_info(last_automated_data_interval=before, restriction=NO_LIMIT)
    assert found and found.run_after == TICK
    done = DataInterval.exact(pendulum.instance(TICK))
    found = DAILY.next_dagrun_info(last_automated_data_interval=done, restriction=NO_LIMIT)
    assert found and found.run_after == TICK + DAY
    at(monkeypatch, TICK + 13 * HOUR)
    found = DAILY.next_dagrun_info(last_automated_data_interval=None, restriction=NO_LIMIT)
    assert found and found.run_after == TICK + DAY


class Scheduling:
    """Airflow's processes around one DAG: each writes the row that the others read.

    The scheduler's look has the steps of ``SchedulerJobRunner._create_dag_runs`` (Airflow 3.3.2).
    """

    QUARTERS = NextTickTimetable("*/15 * * * *", timezone="UTC")
    #: 12:15, the tick that everything happens around.
    TICK = datetime(2026, 11, 26, 12, 15, tzinfo=UTC)
    QUARTER = timedelta(minutes=15)

    def __init__(
        self, session: Session, monkeypatch: pytest.MonkeyPatch, *, had_a_run: bool
    ) -> None:
        self.session, self.monkeypatch = session, monkeypatch
        self.timetable = self.QUARTERS
        self.started: list[datetime] = []
        self._runs: list[DagRun] = []
        session.query(Log).delete()
        session.query(DagModel).delete()
        session.query(DagVersion).delete()
        self.row = stored(session, self.TICK - DAY, known_since=self.TICK - 9 * DAY)
        self.row.is_paused = True
        if had_a_run:
            self._run(self.TICK - 2 * self.QUARTER)
            self.request(PAUSE, self.TICK - 2 * self.QUARTER + SECOND)
        self.at(self.TICK - 90 * SECOND)
        self.read_file()()

    def at(self, now: datetime) -> None:
        at(self.monkeypatch, now)
        self.now = now

    def next_dagrun_info(self, last_automated_run_info: DagRunInfo | None) -> DagRunInfo | None:
        """As a serialised DAG has it."""
        return self.timetable.next_dagrun_info_v2(
            last_dagrun_info=last_automated_run_info, restriction=NO_LIMIT
        )

    def request(self, extra: str, when: datetime) -> None:
        log(self.session, "patch_dag", when, DAG, extra)
        self.row.is_paused = extra == PAUSE

    def read_file(self) -> Any:
        """Airflow reads the DAG's file; what it found is written when the result is called."""
        found = DagModel(dag_id="found")
        self._store(found, self._runs[-1] if self._runs else None)

        def write() -> None:
            self.row.next_dagrun = found.next_dagrun
            self.row.next_dagrun_create_after = found.next_dagrun_create_after
            self.row.next_dagrun_data_interval = found.next_dagrun_data_interval

        return write

    def look(self) -> None:
        """The scheduler goes round once."""
        row = self.row
        if row.is_paused or row.next_dagrun_create_after > self.now:
            return
        existing = [run for run in self._runs if run.logical_date == row.next_dagrun]
        if existing:
            self._store(row, existing[0])
            return
        try:
            info = self.timetable.next_run_info_from_dag_model(dag_model=row)
        except TickPassedError:
            return
        assert info
        self.started.append(info.run_after)
        self._store(row, self._run(info.run_after))

    def _store(self, row: DagModel, run: DagRun | None) -> None:
        row.calculate_dagrun_date_fields(self, reference_run=run)  # type: ignore[arg-type]

    def _run(self, tick: datetime) -> DagRun:
        run = DagRun(
            dag_id=DAG,
            run_id=f"scheduled__{tick.isoformat()}",
            run_type=DagRunType.SCHEDULED,
            logical_date=tick,
            run_after=tick,
            data_interval=(tick, tick),
        )
        self._runs.append(run)
        return run


#: Seconds before and after the tick at which something may happen.
SLOTS = (-10, -1, 1, 10)
SUBSETS = [
    frozenset(chosen)
    for size in range(len(SLOTS) + 1)
    for chosen in itertools.combinations(SLOTS, size)
]


@pytest.mark.parametrize("had_a_run", [False, True])
@pytest.mark.parametrize("writes_late", [False, True])
@pytest.mark.parametrize("unpaused_at", SLOTS)
def test_in_each_order_a_tick_is_started_once_or_waits_for_the_next(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    had_a_run: bool,
    writes_late: bool,
    unpaused_at: int,
) -> None:
    """Unpausing, reading the file and the scheduler's looks, in every order around one tick.

    An arrangement without looks is a scheduler that restarts. One without reading the file is a DAG
    processor that does.
    """
    for reads, looks in itertools.product(SUBSETS, SUBSETS):
        # The scheduler passes over a paused DAG: these looks are the same as none.
        if any(slot < unpaused_at for slot in looks):
            continue
        world = Scheduling(session, monkeypatch, had_a_run=had_a_run)
        pending: list[Any] = []
        for slot in SLOTS:
            world.at(world.TICK + slot * SECOND)
            if slot == unpaused_at:
                world.request(UNPAUSE, world.now)
            written, pending = pending, []
            if slot in reads:
                pending.append(world.read_file())
            if not writes_late:
                written, pending = pending, []
            if slot in looks:
                world.look()
            # What was read before the look is written after it.
            for write in written:
                write()
        for seconds in (20, 21, 22):
            world.at(world.TICK + seconds * SECOND)
            world.look()
        words = f"read at {sorted(reads)}, looked at {sorted(looks)}"
        assert world.started == ([world.TICK] if unpaused_at < 0 else []), words
        for write in pending:
            write()
        for seconds in (-1, 0, 1, 2, 3):
            world.at(world.TICK + world.QUARTER + seconds * SECOND)
            world.look()
            if seconds == 1:
                world.read_file()()
        assert world.started[-1:] == [world.TICK + world.QUARTER], words
        assert len(world.started) == (2 if unpaused_at < 0 else 1), words


@pytest.mark.parametrize("looks", SUBSETS, ids=str)
def test_a_pause_around_a_tick_loses_the_tick_and_no_other(
    session: Session, monkeypatch: pytest.MonkeyPatch, looks: frozenset[int]
) -> None:
    """Paused a second before, unpaused ten after, and unpaused once more for nothing."""
    world = Scheduling(session, monkeypatch, had_a_run=True)
    world.request(UNPAUSE, world.TICK - 60 * SECOND)
    for slot, extra in zip(SLOTS, (UNPAUSE, PAUSE, PAUSE, UNPAUSE), strict=True):
        world.at(world.TICK + slot * SECOND)
        world.request(extra, world.now)
        if slot in looks:
            world.look()
    for seconds in (20, 21, 22):
        world.at(world.TICK + seconds * SECOND)
        world.look()
    assert world.started == []
    for seconds in (1, 2):
        world.at(world.TICK + world.QUARTER + seconds * SECOND)
        world.request(UNPAUSE, world.now)
        world.look()
    assert world.started == [world.TICK + world.QUARTER]
