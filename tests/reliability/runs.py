"""Runs of DAGs in a trial: tasks one after the other, cleared and run again as a person does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg

from crm_mailchimp.sync.staging.stagings import codes_to_sync
from reliability.work import Outcome, Places, Task, run_task

#: How a task is run: the trial may put a fault into it.
Runner = Callable[[str, Task], Outcome]


class DagRun:
    """One run of a DAG; its tasks keep how they ended until they are cleared."""

    def __init__(
        self, dag: str, run_id: str, places: Places, clock: Callable[[], datetime]
    ) -> None:
        self.dag, self.run_id, self._places, self._clock = dag, run_id, places, clock
        self.outcomes: dict[str, Outcome] = {}
        self._run: Runner = lambda key, task: run_task(places, task)

    def play(self, runner: Runner | None = None) -> None:
        """Run every task that has not ended well, in the DAG's order."""
        if runner is not None:
            self._run = runner
        getattr(self, f"_{self.dag}")()

    def clear(self, *keys: str) -> None:
        for key in keys or tuple(self.outcomes):
            self.outcomes.pop(key, None)

    def clear_failed(self) -> None:
        """Clear what failed, and what comes after it."""
        failed = self.failed()
        if "stage" in failed or "choose" in failed:
            self.clear()
        self.clear(*failed, "finish", "show", "check_figures", "marts")

    def failed(self) -> dict[str, str]:
        """Words of the errors, by task."""
        return {
            key: outcome.error or "killed"
            for key, outcome in self.outcomes.items()
            if not outcome.is_good
        }

    def value(self, key: str) -> Any:
        return self.outcomes[key].value

    def _do(self, key: str, kind: str, **values: Any) -> bool:
        if key not in self.outcomes or not self.outcomes[key].is_good:
            self.outcomes[key] = self._run(key, Task(kind=kind, values=values))
        return self.outcomes[key].is_good

    def _sync(self) -> None:
        if not self._do("stage", "stage", run_id=self.run_id):
            return
        staging_id = self.value("stage")
        with psycopg.connect(self._places.warehouse) as warehouse:
            codes = codes_to_sync(warehouse, staging_id)
        for code in codes:
            self._do(f"sync {code}", "sync", staging_id=staging_id, code=code)
        self._do("finish", "finish", staging_id=staging_id)

    def _campaigns(self) -> None:
        if not self._do("choose", "choose"):
            return
        for code in self.value("choose"):
            self._do(f"campaign {code}", "campaign", code=code, now=self._clock())
        self._do("show", "show")

    def _reports(self) -> None:
        if not self._do("choose", "choose_reports"):
            return
        read = self._do("read_reports", "read_reports", campaign_ids=self.value("choose"))
        read = self._do("read_audiences", "read_audiences") or read
        if read and self._do("check_figures", "check_figures"):
            self._do("marts", "marts")

    def _erase(self) -> None:
        self._do("erase", "erase", run_id=self.run_id)

    def _pull(self) -> None:
        with psycopg.connect(self._places.warehouse) as warehouse:
            rows = warehouse.execute(
                "select collection_code from sync.audience order by collection_code"
            ).fetchall()
        for (code,) in rows:
            self._do(f"pull {code}", "pull", code=code)
