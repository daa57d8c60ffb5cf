"""One collection's sync: pull back, plan, guard, push, record."""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import dict_row, namedtuple_row

from crm_mailchimp import database_errors
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.mailchimp.errors import MailchimpError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.quality import quarantine
from crm_mailchimp.statements import statement
from crm_mailchimp.sync import audiences, guard, merge_fields
from crm_mailchimp.sync.options import SyncOptions
from crm_mailchimp.sync.pull_back import pull_back
from crm_mailchimp.sync.push import Push
from crm_mailchimp.sync.recheck import Recheck
from crm_mailchimp.sync.stage import require_newest, require_staging
from crm_mailchimp.sync.suppression import open_suppression
from crm_mailchimp.warehouse.locks import audience_lock

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class CollectionResult:
    """How a collection's run ended; ``detail`` begins with a code unless it succeeded."""

    collection_code: str
    state: str
    detail: str | None
    list_id: str | None
    counts: dict[str, int]

    def require_success(self) -> None:
        """Raises:
        CollectionFailedError: the collection failed; a blocked one is no failure.
        """
        if self.state == "failed":
            raise CollectionFailedError(f"collection {self.collection_code} failed: {self.detail}")


class CollectionFailedError(PermanentError):
    """A collection failed for a reason that trying again does not heal."""


class _StopError(Exception):
    """Ends a collection's run in a state that is not an error of ours."""

    def __init__(self, state: str, detail: str) -> None:
        super().__init__(detail)
        self.state, self.detail = state, detail


def sync_collection(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AudienceProvider,
    *,
    staging_id: int,
    collection_code: str,
    options: SyncOptions | None = None,
) -> CollectionResult:
    """Bring one audience to what the staging says; safe to repeat at any time.

    Args:
        warehouse: the warehouse; commits after every call to the provider.
        crm: to ``crm_db``, in autocommit: contacts are looked at once more before their push.
        provider: open, with a connection slot.
        staging_id: what ``stage`` returned for this run.
        collection_code: one of the staging's collections.
        options: guard limits and an approved plan.

    Returns:
        the result, stored in ``sync.collection_run`` too. Expected trouble (blocked, refused
        query) is a result; errors of the provider or the databases are stored and raised.
    """
    return _Run(
        warehouse, crm, provider, staging_id, collection_code, options or SyncOptions()
    ).carry_out()


class _Run:
    def __init__(
        self,
        warehouse: Connection[Any],
        crm: Connection[Any],
        provider: AudienceProvider,
        staging_id: int,
        collection_code: str,
        options: SyncOptions,
    ) -> None:
        self.warehouse, self.crm, self.provider = warehouse, crm, provider
        self.staging_id, self.options = staging_id, options
        self.collection = _one(
            warehouse, "sync/find_staged_collection", staging_id, collection_code
        )
        self.settings = _one(
            warehouse, "sync/find_staged_collection", staging_id, collection_code, as_dict=True
        )
        self.counts: Counter[str] = Counter()
        self.calls_before = provider.calls
        self.list_id: str | None = None
        self.plan_counts: dict[tuple[str, str], int] = {}

    def carry_out(self) -> CollectionResult:
        with audience_lock(self.warehouse, self.collection.collection_code):
            self._start()
            try:
                require_staging(self.warehouse, self.staging_id)
                require_newest(self.warehouse, self.staging_id, self.collection.collection_id)
                self._synchronise()
                state, detail = ("dry_run" if self.collection.dry_run else "succeeded"), None
                if self.collection.dry_run:
                    detail = self._describe_plan()
            except _StopError as stop:
                state, detail = stop.state, stop.detail
            except Exception as error:
                self.warehouse.rollback()
                self._finish("failed", _told(error))
                raise
            return self._finish(state, detail)

    def _synchronise(self) -> None:
        collection = self.collection
        if collection.problem_code is not None:
            raise _StopError(
                collection.problem_state, f"{collection.problem_code}: {collection.problem_detail}"
            )
        digester = open_suppression(self.warehouse)
        known = audiences.locate(self.warehouse, self.provider, self.settings)
        self.list_id = known.list_id if known else None
        if known is not None:
            self.counts["removed"] += pull_back(
                self.warehouse,
                self.provider,
                known,
                full=collection.full_refresh,
                wait=not collection.dry_run,
            )
        self._plan()
        if collection.dry_run:
            return
        blocked = self._judge()
        push = Push(
            self.warehouse,
            self.provider,
            Recheck(
                self.crm,
                self.warehouse,
                collection.gdpr_category,
                digester,
                collection.collection_id if collection.is_static else None,
            ),
            self.staging_id,
            collection,
            self.list_id or "",
            collection.run_id,
            collection.rules_version,
            self.counts,
        )
        # What is due goes out first: nothing that may fail or block comes before it.
        push.remove(due=True)
        if blocked:
            raise _StopError("blocked", f"{blocked.code}: {blocked.detail}")
        if known is None and not self._planned("add", "add_pending"):
            return  # nobody to add: no audience is made for nobody
        known = audiences.ensure(self.warehouse, self.provider, self.settings, known)
        push.list_id = self.list_id = known.list_id
        push.mappings = self._mappings(known.list_id)
        push.remove(due=False)
        push.update()
        if self._planned("add", "add_pending", "revive"):
            push.add()
        if push.discovered:
            # Members stood there unknown to us: the plan decides about them from what is known now.
            self._plan()
            push.update()
            push.remove(due=True)
        self._renew_proofs()

    def _mappings(self, list_id: str) -> list[merge_fields.FieldMapping]:
        fields = (
            merge_fields.staged_contact_fields(self.warehouse, self.staging_id)
            if self.collection.sync_merge_fields
            else []
        )
        mappings = merge_fields.known_mappings(self.warehouse, list_id, fields)
        if mappings is not None:
            return mappings
        try:
            return merge_fields.ensure_merge_fields(
                self.warehouse,
                self.provider,
                list_id,
                fields,
                limit=self.options.field_limit,
            )
        except merge_fields.MergeFieldLimitError as error:
            raise _StopError("blocked", f"merge_field_limit: {error}") from error

    def _plan(self) -> None:
        parameters = {
            "staging_id": self.staging_id,
            "collection_id": self.collection.collection_id,
            "gdpr_category": self.collection.gdpr_category,
            "list_id": self.list_id,
            "full_refresh": self.collection.full_refresh,
        }
        self.warehouse.execute(statement("sync/clear_plan"), parameters)
        self.warehouse.execute(statement("sync/plan_changes"), parameters)
        self.warehouse.commit()
        rows = self.warehouse.execute(statement("sync/count_plan"), parameters).fetchall()
        self.plan_counts = {(action, cause): members for action, cause, members in rows}
        self.warehouse.commit()

    def _planned(self, *actions: str) -> int:
        return sum(
            members for (action, _), members in self.plan_counts.items() if action in actions
        )

    def _judge(self) -> guard.Blocked | None:
        plan_id = self.options.approved_plan
        approved = (
            guard.approved_plan_for(self.warehouse, plan_id, self.collection.collection_code)
            if plan_id is not None
            else None
        )
        common = {
            "staging_id": self.staging_id,
            "collection_id": self.collection.collection_id,
            "list_id": self.list_id or "",
        }
        blocked = guard.judge(
            self.warehouse,
            **common,
            staged=self.collection.staged,
            limits=self.options.limits,
            approved_plan=approved,
        )
        if blocked is not None:
            request = guard.request_approval(
                self.warehouse,
                **common,
                collection_code=self.collection.collection_code,
                run_id=self.collection.run_id,
            )
            blocked = guard.Blocked(blocked.code, f"{blocked.detail} (plan {request})")
        self.warehouse.commit()
        return blocked

    def _renew_proofs(self) -> None:
        if self.list_id is None:
            return
        self.warehouse.execute(
            statement("sync/renew_proofs"),
            {
                "list_id": self.list_id,
                "staging_id": self.staging_id,
                "collection_id": self.collection.collection_id,
                "collection_code": self.collection.collection_code,
                "gdpr_category": self.collection.gdpr_category,
                "campaign_type": self.collection.campaign_type,
                "rules_version": self.collection.rules_version,
                "run_id": self.collection.run_id,
            },
        )
        self.warehouse.commit()

    def _describe_plan(self) -> str:
        planned = sorted(
            (f"{action} ({cause})" if cause else action, members)
            for (action, cause), members in self.plan_counts.items()
        )
        return "plan: " + (", ".join(f"{what} {count}" for what, count in planned) or "nothing")

    def _start(self) -> None:
        row = self.warehouse.execute(
            statement("sync/start_collection_run"),
            {
                "run_id": self.collection.run_id,
                "collection_code": self.collection.collection_code,
                "staging_id": self.staging_id,
                "staged": self.collection.staged or 0,
                "eligible": self.collection.eligible or 0,
                "quarantined": self.collection.quarantined or 0,
            },
        ).fetchone()
        self.warehouse.commit()
        names = ("added", "updated", "removed", "rejected", "api_calls")
        self.counts.update(dict(zip(names, row or (), strict=False)))

    def _finish(self, state: str, detail: str | None) -> CollectionResult:
        held_back = None
        if self.collection.problem_code is None and state in ("succeeded", "blocked"):
            held_back = quarantine.refresh(
                self.warehouse,
                staging_id=self.staging_id,
                collection_id=self.collection.collection_id,
                collection_code=self.collection.collection_code,
            )
        counts = {
            "staged": self.collection.staged or 0,
            "eligible": self.collection.eligible or 0,
            "quarantined": self.collection.quarantined or 0 if held_back is None else held_back,
            "unchanged": self._unchanged(),
            "api_calls": self.counts["api_calls"] + self.provider.calls - self.calls_before,
            **{name: self.counts[name] for name in ("added", "updated", "removed", "rejected")},
        }
        self.warehouse.execute(
            statement("sync/finish_collection_run"),
            {
                "run_id": self.collection.run_id,
                "collection_code": self.collection.collection_code,
                "state": state,
                "list_id": self.list_id,
                "quarantined": held_back,
                "unchanged": counts["unchanged"],
                "api_calls": counts["api_calls"],
                "detail": detail,
            },
        )
        self.warehouse.commit()
        log.info(
            "collection %s %s: %s",
            self.collection.collection_code,
            state,
            ", ".join(f"{name} {count}" for name, count in counts.items()),
        )
        return CollectionResult(
            collection_code=self.collection.collection_code,
            state=state,
            detail=detail,
            list_id=self.list_id,
            counts=counts,
        )

    def _unchanged(self) -> int:
        return self.plan_counts.get(("unchanged", ""), 0)


def _told(error: Exception) -> str:
    """An error's words, where they are known to name nobody: those of an unknown one may hold
    whatever was looked up, such as an address."""
    if isinstance(error, psycopg.Error):
        words = database_errors.tell(error)
    elif isinstance(error, (PermanentError, MailchimpError)):
        words = str(error)
    else:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        words = f"unexpected, in {frame.name} ({Path(frame.filename).name}:{frame.lineno})"
    return f"{type(error).__name__}: {words}"


def _one(
    warehouse: Connection[Any],
    name: str,
    staging_id: int,
    collection_code: str,
    *,
    as_dict: bool = False,
) -> Any:
    factory: Callable[..., Any] = dict_row if as_dict else namedtuple_row
    with warehouse.cursor(row_factory=factory) as cursor:
        row = cursor.execute(
            statement(name), {"staging_id": staging_id, "collection_code": collection_code}
        ).fetchone()
    if row is None:
        raise LookupError(f"collection {collection_code} is not part of staging {staging_id}")
    return row
