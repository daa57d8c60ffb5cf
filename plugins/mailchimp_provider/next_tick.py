"""The timetable of our DAGs: unpausing a DAG starts nothing, its next run is the next tick.

Airflow 3.3.2 starts the tick that has passed last as soon as a DAG is unpaused, also with
``catchup=False`` (``airflow/timetables/trigger.py``). Here a tick that has passed counts only if
Airflow knew the DAG then, and the DAG was not paused. So a tick in an outage of the scheduler is
not lost, and neither is the first one after unpausing.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable
from pendulum import UTC, DateTime

from mailchimp_provider.pauses import stays_due

if TYPE_CHECKING:
    from airflow.models.dag import DagModel

#: How late the scheduler may start a tick. After a longer outage it waits for the next one.
LATEST = datetime.timedelta(hours=12)


class TickPassedError(Exception):
    """A tick passed while the DAG was paused, or another has passed since: it is not started."""


class NextTickTimetable(CronTriggerTimetable):
    """A cron schedule whose first run after unpausing is the next tick.

    Args:
        cron: a cron expression of five fields, or a preset such as ``@hourly``.
        timezone: in which the expression is read.
    """

    def __eq__(self, other: object) -> bool:
        """Whether both name the same ticks.

        Airflow compares the schedules of a DAG file's mapped tasks. Its own comparison imports its
        database models (``airflow/timetables/_cron.py``).
        """
        if not isinstance(other, NextTickTimetable):
            return NotImplemented
        return (self._expression, self._timezone) == (other._expression, other._timezone)

    __hash__ = CronTriggerTimetable.__hash__

    def next_dagrun_info(
        self,
        *,
        last_automated_data_interval: DataInterval | None,
        restriction: TimeRestriction,
    ) -> DagRunInfo | None:
        """The next run: the newest tick while it is not too late for it, or one of the future.

        Airflow may read a DAG's file at any time between a tick and its start. So the newest tick
        is named also for a DAG without a run. Whether it is started is decided when it is due.

        Args:
            last_automated_data_interval: of the last run that the schedule started.
            restriction: the DAG's first and last day.
        """
        now = _now()
        newest = self._align_to_prev(now)
        tick = newest if now - newest <= LATEST else self._get_next(now)
        if last_automated_data_interval is not None:
            tick = max(tick, self._get_next(last_automated_data_interval.end))
        if restriction.earliest is not None:
            tick = max(tick, self._align_to_next(restriction.earliest))
        if restriction.latest is not None and restriction.latest < tick:
            return None
        return DagRunInfo.exact(tick)

    def next_run_info_from_dag_model(self, *, dag_model: DagModel) -> DagRunInfo | None:
        """What the scheduler starts now.

        Airflow stored a tick when it last read the DAG's file. Whatever it stored, only the newest
        tick counts. If the DAG was paused then, it waits for the next one.

        Raises:
            TickPassedError: the stored tick is not to be started. Airflow logs that and goes on.
        """
        info = super().next_run_info_from_dag_model(dag_model=dag_model)
        now = _now()
        if info is None or info.run_after > now:
            return info
        newest = max(self._align_to_prev(now), info.run_after)
        if now - newest > LATEST or not stays_due(dag_model, newest):
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
