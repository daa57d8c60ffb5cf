"""The end of a run: what happened to each collection, in numbers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.statements import statement

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunSummary:
    """Collections by how they ended, and what was done to members over all."""

    succeeded: tuple[str, ...]
    blocked: tuple[str, ...]
    failed: tuple[str, ...]
    counts: dict[str, int]

    def require_success(self) -> None:
        """Raises:
        CollectionsFailedError: a collection failed; blocked ones do not fail a run.
        """
        if self.failed:
            others = "; the others were synced" if self.succeeded else ""
            raise CollectionsFailedError(
                f"failed: {', '.join(self.failed)} ({len(self.failed)}); why stands in "
                f"sync.collection_run.detail{others}"
            )


class CollectionsFailedError(PermanentError):
    """At least one collection of the run failed."""

    is_announced = True


def summarise(warehouse: Connection[Any], staging_id: int) -> RunSummary:
    """Summarise a run; a collection whose task died without a word counts as failed."""
    with warehouse.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            statement("sync/summarise_run"), {"staging_id": staging_id}
        ).fetchall()
    by_state: dict[str, list[str]] = {"succeeded": [], "blocked": [], "failed": []}
    counts: dict[str, int] = {}
    for row in rows:
        state = "succeeded" if row["state"] == "dry_run" else row["state"] or "failed"
        by_state[state].append(row["collection_code"])
        for name in ("staged", "eligible", "quarantined", "added", "updated", "removed",
                     "unchanged", "rejected", "api_calls"):  # fmt: skip
            counts[name] = counts.get(name, 0) + (row[name] or 0)
        log.info("%s: %s %s", row["collection_code"], state, row["detail"] or "")
    return RunSummary(
        tuple(by_state["succeeded"]), tuple(by_state["blocked"]), tuple(by_state["failed"]), counts
    )
