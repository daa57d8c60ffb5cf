"""Push: carry out a collection's plan, one committed call after the other.

After each call its outcome is committed to ``sync.member``: the state is the journal. A run that
dies goes on where it stopped and repeats at most the calls that were in flight.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import namedtuple_row

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.mailchimp.scrubbing import scrub
from crm_mailchimp.provider import (
    AudienceProvider,
    ChangeOutcome,
    MemberChange,
    NewMember,
    Rejection,
    RemoteMember,
)
from crm_mailchimp.quality import quarantine
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.guard import DUE_CAUSES
from crm_mailchimp.sync.merge_fields import FieldMapping, merge_values
from crm_mailchimp.sync.pull_back import record_members
from crm_mailchimp.sync.recheck import Recheck

log = logging.getLogger(__name__)

#: Members of one batch subscribe (OpenAPI 3.0.55, ``POST /lists/{list_id}``: "Up to 500 members").
ADD_BATCH = 500

# Statuses and causes we note for addresses that Mailchimp refuses and does not show as members.
_UNREACHABLE = {
    "forgotten": ("archived", "forgotten"),
    "compliance": ("unsubscribed", "compliance"),
}


class RemovalsRefusedError(PermanentError):
    """Mailchimp refused to unsubscribe or archive members that must go."""


@dataclass
class Push:
    """One collection's push. Counts what it did in ``counts``."""

    warehouse: Connection[Any]
    provider: AudienceProvider
    recheck: Recheck
    staging_id: int
    collection: Any
    list_id: str
    run_id: str
    rules_version: str
    counts: Counter[str] = field(default_factory=Counter)
    mappings: Sequence[FieldMapping] = ()
    #: Members that already stood in Mailchimp unknown to us: the plan has to be made again.
    discovered: int = 0
    _refused_removals: int = 0

    def remove(self, *, due: bool) -> None:
        """Unsubscribe and archive: withdrawals, complaints and erasures (``due``), or the rest.

        Raises:
            RemovalsRefusedError: Mailchimp refused some of them; the others went.
        """
        self._change(("unsubscribe", "archive"), due=due)
        if self._refused_removals:
            raise RemovalsRefusedError(
                f"Mailchimp refused to remove {self._refused_removals} members: see "
                "sync.rejection for its words, and remove them there by hand"
            )

    def update(self) -> None:
        """Fields of members that stand: adopted, changed, and those asked to confirm again."""
        self._change(("update", "adopt", "reconfirm"), due=None)

    def add(self) -> None:
        """New members, and those that we archived ourselves while they were subscribed."""
        for page in self._pages(("add", "add_pending", "revive"), due=None):
            rows = self.recheck.still_eligible(page)
            self.warehouse.rollback()  # ends the read; nothing was written
            if len(rows) < len(page):
                log.info("%d contacts changed in the CRM meanwhile", len(page) - len(rows))
            if rows:
                self._add(rows)

    def _add(self, rows: Sequence[Any]) -> None:
        problems: dict[int, list[str]] = {}
        members = []
        for row in rows:
            values, invalid = merge_values(
                row._asdict(), self.mappings, "created", clear_blanks=row.action == "revive"
            )
            problems[row.contact_id] = [f"{item.field_code}: {item.problem}" for item in invalid]
            members.append(
                NewMember(
                    email_address=row.address_key,
                    status="pending" if row.action == "add_pending" else "subscribed",
                    merge_fields=values,
                    language=language_code(row.language),
                    timestamp_opt=row.consented_at,
                )
            )
        outcome = self.provider.add_members(self.list_id, members)
        planned = {row.subscriber_hash: row for row in rows}
        for member in (*outcome.created, *outcome.updated):
            row = planned[member.subscriber_hash]
            self._record_added(row, member)
            quarantine.record_invalid_fields(
                self.warehouse,
                self.collection.collection_code,
                row.contact_id,
                problems[row.contact_id],
            )
        self.counts["added"] += len(outcome.created) + len(outcome.updated)
        for rejection in outcome.rejected:
            self._reject_new(planned[rejection.subscriber_hash], rejection)
        self._store_progress()
        self.warehouse.commit()

    def _record_added(self, row: Any, member: RemoteMember) -> None:
        parameters = {
            **self._proof_parameters(row),
            "status": member.status,
            "content_hash": row.content_hash,
            "last_changed": member.last_changed,
        }
        self.warehouse.execute(statement("sync/record_added"), parameters)
        self.warehouse.execute(statement("sync/open_proof"), parameters)
        self._forget_rejection(row.subscriber_hash)

    def _reject_new(self, row: Any, rejection: Rejection) -> None:
        if rejection.kind in ("exists", "compliance", "forgotten"):
            # Whoever stands there already keeps their status; the next plan decides from it.
            self.discovered += 1
            member = self.provider.member(self.list_id, row.subscriber_hash)
            if member is not None:
                record_members(self.warehouse, [member])
                return
            if rejection.kind in _UNREACHABLE:
                status, cause = _UNREACHABLE[rejection.kind]
                self.warehouse.execute(
                    statement("sync/record_unreachable"),
                    {
                        "list_id": self.list_id,
                        "subscriber_hash": row.subscriber_hash,
                        "contact_id": row.contact_id,
                        "status": status,
                        "cause": cause,
                    },
                )
                return
        self._store_rejection(row, rejection)

    def _change(self, actions: tuple[str, ...], *, due: bool | None) -> None:
        invalid: dict[str, tuple[int, list[str]]] = {}
        changes = self._changes(actions, due, invalid)
        for outcome in self.provider.change_members(self.list_id, changes):
            # Losing the last commits in a crash of the server repeats calls that may be repeated.
            self.warehouse.execute("set local synchronous_commit = off")
            self._record(outcome)
            noted = invalid.pop(outcome.change.subscriber_hash, None)
            if noted is not None and outcome.rejection is None:
                self._note_invalid_fields(*noted)
            self._store_progress()
            self.warehouse.commit()

    def _changes(
        self,
        actions: tuple[str, ...],
        due: bool | None,
        invalid: dict[str, tuple[int, list[str]]],
    ) -> Iterator[MemberChange]:
        for page in self._pages(actions, due=due):
            rows = page
            if due is None:
                rows = self.recheck.still_eligible(page)
            for row in rows:
                if row.action in ("unsubscribe", "archive", "reconfirm"):
                    yield MemberChange(subscriber_hash=row.subscriber_hash, action=row.action)
                    continue
                origin: Literal["created", "adopted"] = (
                    "created" if row.origin == "created" else "adopted"
                )
                values, problems = merge_values(
                    row._asdict(), self.mappings, origin, clear_blanks=True
                )
                invalid[row.subscriber_hash] = (
                    row.contact_id,
                    [f"{item.field_code}: {item.problem}" for item in problems],
                )
                yield MemberChange(
                    subscriber_hash=row.subscriber_hash,
                    action="update",
                    merge_fields=values,
                    language=language_code(row.language),
                )

    def _record(self, outcome: ChangeOutcome) -> None:
        change = outcome.change
        parameters = {
            "staging_id": self.staging_id,
            "collection_id": self.collection.collection_id,
            "list_id": self.list_id,
            "subscriber_hash": change.subscriber_hash,
            "action": change.action,
            "last_changed": outcome.member.last_changed if outcome.member else None,
            "end_cause": change.action,
        }
        if outcome.rejection is not None:
            self._reject_change(change, outcome.rejection)
            return
        if outcome.member is not None and change.action == "update":
            # The answer also tells when the person's status changed under way.
            record_members(self.warehouse, [outcome.member])
        self.warehouse.execute(statement("sync/record_changed"), parameters)
        if change.action in ("unsubscribe", "archive"):
            self.warehouse.execute(statement("sync/end_proof"), parameters)
            self.counts["removed"] += 1
        else:
            self._forget_rejection(change.subscriber_hash)
            self.counts["updated"] += 1

    def _reject_change(self, change: MemberChange, rejection: Rejection) -> None:
        if rejection.kind == "not_found":
            self.warehouse.execute(
                statement("sync/mark_forgotten"),
                {"list_id": self.list_id, "subscriber_hash": change.subscriber_hash},
            )
            self.discovered += 1
            return
        if change.action in ("unsubscribe", "archive"):
            self._refused_removals += 1
        row = self._planned_row(change.subscriber_hash)
        if row is not None and change.action == "reconfirm" and rejection.kind == "compliance":
            self._note_compliance(row)
        elif row is not None:
            self._store_rejection(row, rejection)

    def _note_compliance(self, row: Any) -> None:
        """Mailchimp does not let us ask this person: not a wrong address, and not to be tried
        again. A bounce that it shows says more than its refusal."""
        self.discovered += 1
        member = self.provider.member(self.list_id, row.subscriber_hash)
        if member is not None:
            record_members(self.warehouse, [member])
        if member is None or member.status == "unsubscribed":
            self.warehouse.execute(
                statement("sync/record_unreachable"),
                {
                    "list_id": self.list_id,
                    "subscriber_hash": row.subscriber_hash,
                    "contact_id": row.contact_id,
                    "status": "unsubscribed",
                    "cause": "compliance",
                },
            )

    def _store_rejection(self, row: Any, rejection: Rejection) -> None:
        self.counts["rejected"] += 1
        self.discovered += 1
        self.warehouse.execute(
            statement("sync/record_rejection"),
            {
                "list_id": self.list_id,
                "subscriber_hash": row.subscriber_hash,
                "contact_id": row.contact_id,
                "content_hash": row.content_hash or "",
                "kind": rejection.kind,
                "message": without_address(rejection),
                "retryable": rejection.retryable,
            },
        )

    def _forget_rejection(self, subscriber_hash: str) -> None:
        self.warehouse.execute(
            "delete from sync.rejection where list_id = %s and subscriber_hash = %s",
            (self.list_id, subscriber_hash),
        )

    def _note_invalid_fields(self, contact_id: int, problems: Sequence[str]) -> None:
        quarantine.record_invalid_fields(
            self.warehouse, self.collection.collection_code, contact_id, problems
        )

    def _planned_row(self, subscriber_hash: str) -> Any:
        with self.warehouse.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(
                statement("sync/find_planned"),
                {
                    "staging_id": self.staging_id,
                    "collection_id": self.collection.collection_id,
                    "subscriber_hash": subscriber_hash,
                },
            ).fetchone()

    def _pages(self, actions: tuple[str, ...], *, due: bool | None) -> Iterator[list[Any]]:
        after: str = ""
        while True:
            with self.warehouse.cursor(row_factory=namedtuple_row) as cursor:
                page: list[Any] = cursor.execute(
                    statement("sync/next_planned"),
                    {
                        "staging_id": self.staging_id,
                        "collection_id": self.collection.collection_id,
                        "gdpr_category": self.collection.gdpr_category,
                        "list_id": self.list_id,
                        "actions": list(actions),
                        "after": after,
                        "cause_is_due": due,
                        "due_causes": list(DUE_CAUSES),
                        "page": ADD_BATCH,
                    },
                ).fetchall()
            if not page:
                return
            after = page[-1].subscriber_hash
            yield page

    def _proof_parameters(self, row: Any) -> dict[str, Any]:
        return {
            "list_id": self.list_id,
            "subscriber_hash": row.subscriber_hash,
            "collection_code": self.collection.collection_code,
            "contact_id": row.contact_id,
            "consent_id": row.consent_id,
            "gdpr_category": self.collection.gdpr_category,
            "campaign_type": self.collection.campaign_type,
            "rules_version": self.rules_version,
            "run_id": self.run_id,
        }

    def _store_progress(self) -> None:
        self.warehouse.execute(
            statement("sync/store_progress"),
            {
                "run_id": self.run_id,
                "collection_code": self.collection.collection_code,
                **{name: self.counts[name] for name in ("added", "updated", "removed", "rejected")},
            },
        )


def language_code(language: str | None) -> str | None:
    """Mailchimp's code of the CRM's language (``en-GB`` → ``en``); None if unusable."""
    code = (language or "").strip().lower().replace("_", "-").split("-")[0]
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def without_address(rejection: Rejection) -> str:
    """Mailchimp's words with the address taken out: the quarantine knows people by contact id."""
    words = rejection.message
    for form in {rejection.email_address, rejection.email_address.lower()} - {""}:
        words = words.replace(form, "the address")
    # The refusal of a change does not say whom it was about, and its words may all the same.
    return scrub(words)
