"""The end of a run: what happened to each collection, in numbers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunSummary:
    """Collections by how they ended, and what was done to members over all.

    Attributes:
        note: what people should see at the run: a line for each blocked or failed collection.
    """

    succeeded: tuple[str, ...]
    blocked: tuple[str, ...]
    failed: tuple[str, ...]
    counts: dict[str, int]
    note: str

    def require_success(self) -> None:
        """Raises:
        CollectionsFailedError: a collection failed; blocked ones do not fail a run.
        """
        if self.failed:
            others = "; the others were synced" if self.succeeded else ""
            raise CollectionsFailedError(
                f"failed: {', '.join(self.failed)} ({len(self.failed)}); the reason is in "
                f"sync.collection_run.detail{others}"
            )


@dataclass(frozen=True, kw_only=True)
class _EndedCollection:
    """A collection of a run; without a state its task died.

    Attributes:
        is_in_shared_audience: the audience that it shares has a row of its own, with its members.
    """

    collection_code: str
    is_in_shared_audience: bool
    state: str | None
    detail: str | None
    staged: int | None
    eligible: int | None
    quarantined: int | None
    added: int | None
    updated: int | None
    removed: int | None
    unchanged: int | None
    rejected: int | None
    api_calls: int | None

    def counts(self) -> dict[str, int | None]:
        return {
            "staged": self.staged,
            "eligible": self.eligible,
            "quarantined": self.quarantined,
            "added": self.added,
            "updated": self.updated,
            "removed": self.removed,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "api_calls": self.api_calls,
        }


class CollectionsFailedError(PermanentError):
    """At least one collection of the run failed."""

    is_announced = True


def summarise_run(warehouse: Connection[Any], staging_id: int) -> RunSummary:
    """Summarise a run; a collection without a state counts as failed: its task died."""
    rows = read_rows(
        warehouse, _EndedCollection, statement("sync/summarise_run"), {"staging_id": staging_id}
    )
    by_state: dict[str, list[str]] = {"succeeded": [], "blocked": [], "failed": []}
    counts: dict[str, int] = {}
    lines = []
    for row in rows:
        state = "succeeded" if row.state == "dry_run" else row.state or "failed"
        by_state[state].append(row.collection_code)
        if state != "succeeded":
            lines.append(f"{row.collection_code} {state}: {row.detail or 'its task died'}")
        if not row.is_in_shared_audience:
            for name, count in row.counts().items():
                counts[name] = counts.get(name, 0) + (count or 0)
        log.info("%s: %s %s", row.collection_code, state, row.detail or "")
    return RunSummary(
        succeeded=tuple(by_state["succeeded"]),
        blocked=tuple(by_state["blocked"]),
        failed=tuple(by_state["failed"]),
        counts=counts,
        note="\n".join(lines),
    )
