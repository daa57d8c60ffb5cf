"""One collection's sync: pull back, plan, guard, push, record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row, namedtuple_row

from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import NotAllowedByProviderError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.statements import statement
from crm_mailchimp.sync import audiences, guard, lost_audiences, merge_fields, plan, run_record
from crm_mailchimp.sync.due_removals import DueRemovals
from crm_mailchimp.sync.lost_audiences import AudienceUnusableError
from crm_mailchimp.sync.options import SyncOptions
from crm_mailchimp.sync.ownership import (
    AudienceOwner,
    ForeignInstallationError,
    own_installation,
)
from crm_mailchimp.sync.pull_back import pull_back
from crm_mailchimp.sync.push import Push
from crm_mailchimp.sync.recheck import Recheck
from crm_mailchimp.sync.run_record import CollectionResult
from crm_mailchimp.sync.stagings import require_newest, require_staging
from crm_mailchimp.sync.suppression import open_suppression
from crm_mailchimp.warehouse.locks import audience_lock

#: Problems for which no audience is looked for: what is known of the collection is another's.
_WITHOUT_A_CALL = ("provider_unsupported", "collection_replaced")


class _StopError(Exception):
    """Ends a collection's run in a state that is not an error of ours."""

    def __init__(self, state: str, detail: str) -> None:
        super().__init__(detail)
        self.state, self.detail = state, detail


def _unusable(problem: AudienceUnusableError) -> _StopError:
    return _StopError("blocked", f"{problem.code}: {problem}")


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
        self.plan_counts: plan.PlanCounts = {}
        self.was_planned = False
        self.notes: list[str] = []
        self.due = DueRemovals(
            warehouse,
            self.collection,
            pull_back=self._pull_back,
            push_to=self._pushing,
            require_own=self._require_own,
        )
        self.blocked: guard.Blocked | None = None
        self.approved: int | None = None

    def carry_out(self) -> CollectionResult:
        with audience_lock(self.warehouse, self.collection.collection_code):
            self.counts.update(run_record.start(self.warehouse, self.collection))
            try:
                require_staging(self.warehouse, self.staging_id)
                require_newest(self.warehouse, self.staging_id, self.collection.collection_id)
                self._synchronise()
                state, detail = "succeeded", None
                if self.collection.dry_run:
                    state, detail = "dry_run", self._describe_plan()
            except _StopError as stop:
                state, detail = stop.state, stop.detail
            except Exception as error:
                self.warehouse.rollback()
                self._finish("failed", words_of(error))
                raise
            if self.due.refused is not None:
                state, detail = "failed", words_of(self.due.refused)
            words = filter(None, (detail, *self.notes, *self.due.notes))
            return self._finish(state, "; ".join(words) or None)

    def _synchronise(self) -> None:
        collection = self.collection
        self.digester = open_suppression(self.warehouse)
        self._note(collection.remark)
        if collection.problem_code is not None:
            self._remove_due_alone()
            raise _StopError(
                collection.problem_state, f"{collection.problem_code}: {collection.problem_detail}"
            )
        try:
            known = self._locate()
        except AudienceUnusableError as problem:
            self._remove_due_alone()
            raise _unusable(problem) from problem
        self.due.from_former()
        if known is not None:
            self.list_id = known.list_id
            known = self._look_at(known)
        self._plan()
        try:
            self.blocked = self._judge()
        except guard.PlanNotApprovedError:
            # What is due needs no approval, and does not wait for a right one.
            if not collection.dry_run and self.list_id is not None:
                self._stop_unless_own(self.list_id)
                self._pushing(self.list_id, collection.gdpr_category).remove(due=True)
            raise
        if not collection.dry_run:
            self._push(known)

    def _locate(self) -> audiences.KnownAudience | None:
        return audiences.locate(
            self.warehouse, self.provider, self.settings, last_look=self._pull_back
        )

    def _require_own(self, list_id: str) -> None:
        lost_audiences.require_own(self.warehouse, self.provider, list_id, self.settings)

    def _stop_unless_own(self, list_id: str) -> None:
        try:
            self._require_own(list_id)
        except AudienceUnusableError as problem:
            raise _unusable(problem) from problem

    def _describe_plan(self) -> str:
        words = f"plan: {plan.describe(self.plan_counts)}"
        if self.blocked is None:
            return words
        return f"{words}; it would be blocked: {self.blocked.code}: {self.blocked.detail}"

    def _push(self, known: audiences.KnownAudience | None) -> None:
        push = self._pushing(self.list_id or "", self.collection.gdpr_category)
        if known is not None and self._changes_anything():
            self._stop_unless_own(known.list_id)
        # What is due goes out first: nothing that may fail or block comes before it.
        push.remove(due=True)
        if self.blocked:
            raise _StopError("blocked", f"{self.blocked.code}: {self.blocked.detail}")
        if known is None and not self._planned("add", "add_pending"):
            return  # nobody to add: no audience is made for nobody
        try:
            known = audiences.ensure(self.warehouse, self.provider, self.settings, known)
        except AudienceUnusableError as problem:
            raise _unusable(problem) from problem
        push.list_id = self.list_id = known.list_id
        push.mappings = self._mappings(known.list_id)
        push.remove(due=False)
        if self.approved is not None:
            guard.note_carried_out(self.warehouse, self.approved, self.collection.run_id)
            self.warehouse.commit()
        if push.discovered:
            # Members were gone before we removed them: nobody of these people is added elsewhere.
            push.discovered = 0
            self._plan()
        push.update()
        if self._planned("add", "add_pending", "revive"):
            self._add(push)
        if push.discovered:
            # Members were there unknown to us: the plan decides about them from what is known now.
            plan.refresh_statistics(self.warehouse)
            self._plan()
            push.update()
            push.remove(due=True)
        self._renew_proofs()

    def _look_at(self, known: audiences.KnownAudience) -> audiences.KnownAudience:
        try:
            # A new name harms nobody at once: it costs no call of every run.
            if self.collection.dry_run or self._is_full(known):
                known = audiences.look_at(self.warehouse, self.provider, known, self.settings)
            with audiences.expected(self.provider, known, self.settings):
                self._pull_back(known)
            if known.fully_listed_at is None:
                self.warehouse.execute(
                    statement("sync/recognise_after_loss"),
                    {
                        "staging_id": self.staging_id,
                        "collection_id": self.collection.collection_id,
                        "list_id": known.list_id,
                    },
                )
                self.warehouse.commit()
        except AudienceUnusableError as problem:
            raise _unusable(problem) from problem
        self._note(audiences.renaming(known, self.settings))
        return known

    def _is_full(self, audience: audiences.KnownAudience) -> bool:
        return bool(self.collection.full_refresh) or audience.needs_full_listing(datetime.now(UTC))

    def _pull_back(self, audience: audiences.KnownAudience) -> None:
        full = self._is_full(audience)
        self.counts["removed"] += pull_back(
            self.warehouse,
            self.provider,
            audience,
            crm=self.crm,
            full=full,
            wait=not self.collection.dry_run,
        )
        if full:
            plan.refresh_statistics(self.warehouse)

    def _pushing(self, list_id: str, gdpr_category: str | None) -> Push:
        collection = self.collection._replace(gdpr_category=gdpr_category)
        return Push(
            self.warehouse,
            self.provider,
            Recheck(
                self.crm,
                self.warehouse,
                collection.gdpr_category,
                self.digester,
                collection.collection_id if collection.is_static else None,
                refused_for=collection.collection_id,
                list_id=list_id,
            ),
            self.staging_id,
            collection,
            list_id,
            collection.run_id,
            collection.rules_version,
            self.counts,
        )

    def _add(self, push: Push) -> None:
        try:
            push.add()
        except NotAllowedByProviderError as error:
            raise _StopError(
                "blocked",
                "contact_limit: Mailchimp takes no new members, while the collection's other "
                "changes went through: the account's plan has no room for more contacts, or the "
                f"key's user may not add any. Mailchimp's words: "
                f"{error.explanation}. Make room (permanently delete or archive members nobody "
                "needs), or have the plan or the user's role changed",
            ) from error

    def _remove_due_alone(self) -> None:
        """What is due goes out of the collection's audiences, though nothing else may happen."""
        known = audiences.find_known(self.warehouse, self.collection.collection_id)
        if self.collection.problem_code not in _WITHOUT_A_CALL:
            with suppress(AudienceUnusableError):
                known = self._locate()
        self.due.from_former()
        if known is not None:
            self.list_id = known.list_id
            self.plan_counts = self.due.from_own(known)

    def _mappings(self, list_id: str) -> Sequence[merge_fields.FieldMapping]:
        owner = AudienceOwner(
            collection_id=self.collection.collection_id,
            installation=own_installation(self.warehouse),
        )
        fields = (
            merge_fields.fields_to_carry(
                self.warehouse,
                staging_id=self.staging_id,
                collection_id=self.collection.collection_id,
                list_id=list_id,
            )
            if self.collection.sync_merge_fields
            else []
        )
        carried = merge_fields.known_mappings(self.warehouse, list_id, fields, owner=owner)
        if carried is None:
            try:
                carried = merge_fields.ensure_merge_fields(
                    self.warehouse,
                    self.provider,
                    list_id,
                    fields,
                    owner=owner,
                    collection_code=self.collection.collection_code,
                    limit=self.options.field_limit,
                    default_country=self.settings["settings"].get("country") or "",
                )
            except ForeignInstallationError as error:
                raise _StopError("blocked", f"foreign_installation: {error}") from error
            except merge_fields.MergeFieldLimitError as error:
                raise _StopError("blocked", f"merge_field_limit: {error}") from error
        if carried.left_out:
            self._note(f"left out for want of room for merge fields: {', '.join(carried.left_out)}")
        return carried.mappings

    def _plan(self) -> None:
        self.plan_counts = plan.make_plan(
            self.warehouse,
            staging_id=self.staging_id,
            collection_id=self.collection.collection_id,
            list_id=self.list_id,
            gdpr_category=self.collection.gdpr_category,
            full_refresh=self.collection.full_refresh,
        )
        self.was_planned = True

    def _changes_anything(self) -> bool:
        settled = self._planned("unchanged", "suppress")
        return settled < sum(self.plan_counts.values())

    def _planned(self, *actions: str) -> int:
        return plan.planned(self.plan_counts, *actions)

    def _note(self, words: str | None) -> None:
        if words is not None:
            self.notes.append(words)

    def _judge(self) -> guard.Blocked | None:
        plan_id = self.options.approved_plan
        self.approved = (
            guard.approved_plan_for(
                self.warehouse,
                plan_id,
                self.collection.collection_code,
                run_id=self.collection.run_id,
                valid_for=self.options.approval_valid,
            )
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
            approved_plan=self.approved,
        )
        self.warehouse.execute(
            "update sync.staged_collection set guard_detail = %s"
            " where staging_id = %s and collection_code = %s",
            (
                f"{blocked.code}: {blocked.detail}" if blocked else None,
                self.staging_id,
                self.collection.collection_code,
            ),
        )
        if blocked is not None and not self.collection.dry_run:
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

    def _finish(self, state: str, detail: str | None) -> CollectionResult:
        self.counts["api_calls"] += self.provider.calls - self.calls_before
        return run_record.finish(
            self.warehouse,
            self.collection,
            state=state,
            detail=detail,
            list_id=self.list_id,
            counts=self.counts,
            unchanged=self._planned("unchanged"),
            was_planned=self.was_planned,
        )


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
