"""The row of ``sync.collection_run``: how one run of one collection began and ended."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.errors import PassingError, PermanentError
from crm_mailchimp.quality import quarantine
from crm_mailchimp.rows import read_row
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.staging.staged_collection import StagedCollection

log = logging.getLogger(__name__)


class _Counted(NamedTuple):
    """What goes on counting when an attempt that did not finish is repeated."""

    added: int
    updated: int
    removed: int
    rejected: int
    api_calls: int


@dataclass(frozen=True, kw_only=True)
class CollectionResult:
    """How a collection's run ended; ``detail`` begins with a code unless it succeeded.

    Attributes:
        account: that the collection belongs to.
        may_heal: of a failed one: some calls failed that may succeed when they are repeated.
    """

    collection_code: str
    account: str
    state: str
    detail: str | None
    list_id: str | None
    counts: dict[str, int]
    may_heal: bool

    def require_success(self) -> None:
        """Raises:
        CollectionFailedError: the collection failed; a blocked one is no failure.
        CollectionPostponedError: the same, and trying again may help.
        """
        if self.state == "failed":
            failure = CollectionPostponedError if self.may_heal else CollectionFailedError
            raise failure(f"collection {self.collection_code} failed: {self.detail}")


class CollectionPostponedError(PassingError):
    """Calls about some members failed, and may succeed later; everything else was done."""


class CollectionFailedError(PermanentError):
    """A collection failed for a reason that trying again does not heal."""


def start(warehouse: Connection[Any], collection: StagedCollection) -> Counter[str]:
    """Open the row, or open it again; commits.

    Returns:
        what an unfinished attempt counted so far.
    """
    counted = read_row(
        warehouse,
        _Counted,
        statement("sync/start_collection_run"),
        {
            "run_id": collection.run_id,
            "collection_code": collection.collection_code,
            "account": collection.account,
            "staging_id": collection.staging_id,
            "staged": collection.staged,
            "eligible": collection.eligible,
            "quarantined": collection.quarantined,
        },
    )
    warehouse.commit()
    return Counter() if counted is None else Counter(counted._asdict())


def finish(
    warehouse: Connection[Any],
    collection: StagedCollection,
    *,
    state: str,
    detail: str | None,
    list_id: str | None,
    counts: Counter[str],
    unchanged: int,
    was_planned: bool,
    may_heal: bool,
    called: Mapping[str, int] = MappingProxyType({}),
) -> CollectionResult:
    """Close the row and bring the quarantine up to date; commits.

    Args:
        counts: as :func:`start` returned them, counted on.
        unchanged: members that the plan left as they are.
        was_planned: whether the whole collection was planned. Else the quarantine stays as it is:
            only the plan holds the quarantined contacts, and they would seem healed.
        may_heal: whether calls failed that may succeed when they are repeated.
        called: API requests by account, those of an unfinished attempt not included.
    """
    held_back = None
    # The people of a shared audience are held back from its collections, not from itself.
    if collection.is_shared_audience:
        was_planned = False
    if was_planned and state in ("succeeded", "blocked"):
        held_back = quarantine.refresh(
            warehouse,
            staging_id=collection.staging_id,
            collection_id=collection.collection_id,
            collection_code=collection.collection_code,
        )
    members = {
        "staged": collection.staged,
        "eligible": collection.eligible,
        "quarantined": collection.quarantined if held_back is None else held_back,
        "unchanged": unchanged,
        "api_calls": counts["api_calls"],
        **{name: counts[name] for name in ("added", "updated", "removed", "rejected")},
    }
    warehouse.execute(
        statement("sync/finish_collection_run"),
        {
            "run_id": collection.run_id,
            "collection_code": collection.collection_code,
            "state": state,
            "list_id": list_id,
            "quarantined": held_back,
            "unchanged": unchanged,
            "api_calls": counts["api_calls"],
            "calls_elsewhere": Jsonb(
                {name: calls for name, calls in called.items() if name != collection.account}
            ),
            "detail": detail,
        },
    )
    warehouse.commit()
    log.info(
        "collection %s %s: %s",
        collection.collection_code,
        state,
        ", ".join(f"{name} {count}" for name, count in members.items()),
    )
    return CollectionResult(
        collection_code=collection.collection_code,
        account=collection.account,
        state=state,
        detail=detail,
        list_id=list_id,
        counts=members,
        may_heal=may_heal,
    )
