"""The timetable of our DAGs: unpausing a DAG starts nothing, its next run is the next tick.

Airflow 3.3.2 starts the tick that has passed last as soon as a DAG is unpaused, also with
``catchup=False`` (``airflow/timetables/trigger.py``). Here a tick that has passed counts only if
nobody paused or unpaused the DAG since. So a tick in an outage of the scheduler is not lost.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable
from pendulum import UTC, DateTime
from sqlalchemy import func, select
from sqlalchemy.orm import object_session

if TYPE_CHECKING:
    from airflow.models.dag import DagModel

#: How late the scheduler may start a tick. After a longer outage it waits for the next one.
LATEST = datetime.timedelta(hours=12)
# Names in Airflow's audit log of pausing and unpausing a DAG. The page and the API have one name
# for one DAG and one for several. The command line has its own.
_TOGGLES_ONE = ("patch_dag", "cli_dag_unpause")
_TOGGLES_SEVERAL = "patch_dags"


class TickPassedError(Exception):
    """A tick passed while the DAG was paused, or another has passed since: it is not started."""


class NextTickTimetable(CronTriggerTimetable):
    """A cron schedule whose first run after unpausing is the next tick.

    Args:
        cron: a cron expression of five fields, or a preset such as ``@hourly``.
        timezone: in which the expression is read.
    """

    def next_dagrun_info(
        self,
        *,
        last_automated_data_interval: DataInterval | None,
        restriction: TimeRestriction,
    ) -> DagRunInfo | None:
        """The next run: a tick of the future, or the newest one while it is not too late for it.

        Args:
            last_automated_data_interval: of the last run that the schedule started. A DAG without
                one has only a future.
            restriction: the DAG's first and last day.
        """
        now = _now()
        tick, last = self._get_next(now), last_automated_data_interval
        if last is not None:
            newest = self._align_to_prev(now)
            if newest > last.end and now - newest <= LATEST:
                tick = newest
            tick = max(tick, self._get_next(last.end))
        if restriction.earliest is not None:
            tick = max(tick, self._align_to_next(restriction.earliest))
        if restriction.latest is not None and restriction.latest < tick:
            return None
        return DagRunInfo.exact(tick)

    def next_run_info_from_dag_model(self, *, dag_model: DagModel) -> DagRunInfo | None:
        """What the scheduler starts now.

        Airflow stored the tick when it last read the DAG's file. Since then the DAG may have been
        paused: then it waits for the next tick. Or later ticks have passed: then the newest counts.

        Raises:
            TickPassedError: the stored tick is not to be started. Airflow logs that and goes on.
        """
        info = super().next_run_info_from_dag_model(dag_model=dag_model)
        now = _now()
        if info is None or info.run_after > now:
            return info
        newest = self._align_to_prev(now)
        if now - newest > LATEST or _was_toggled(dag_model, since=info.run_after):
            tick = self._get_next(now)
        elif newest > info.run_after:
            tick = newest
        else:
            return info
        dag_model.next_dagrun = dag_model.next_dagrun_create_after = tick
        dag_model.next_dagrun_data_interval = (tick, tick)
        raise TickPassedError(
            f"{dag_model.dag_id}: the tick of {info.run_after:%Y-%m-%d %H:%M:%S} UTC passed while "
            f"the DAG was paused or the scheduler was down. The next run: {tick:%H:%M:%S} UTC"
        )


def _now() -> DateTime:
    return DateTime.now(UTC)


def _was_toggled(dag_model: DagModel, *, since: datetime.datetime) -> bool:
    """Whether somebody paused or unpaused the DAG after this time."""
    from airflow.models.log import Log  # noqa: PLC0415 - only in the scheduler

    session = object_session(dag_model)
    if session is None:
        return False
    found = session.scalar(
        select(func.count()).where(
            Log.dttm >= since,
            ((Log.dag_id == dag_model.dag_id) & Log.event.in_(_TOGGLES_ONE))
            | (Log.event == _TOGGLES_SEVERAL),
        )
    )
    return bool(found)
