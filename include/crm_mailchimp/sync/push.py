"""Push: carry out a collection's plan, one committed call after the other.

After each call its outcome is committed to ``sync.member``: the state is the journal. A run that
dies goes on where it stopped and repeats at most the calls that were in flight.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import namedtuple_row

from crm_mailchimp.address import parse_address
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import (
    AudienceProvider,
    ChangeOutcome,
    MemberChange,
    NewMember,
    Rejection,
    RemoteMember,
)
from crm_mailchimp.quality import quarantine
from crm_mailchimp.scrubbing import scrub
from crm_mailchimp.statements import statement
from crm_mailchimp.sync import intents, refusals
from crm_mailchimp.sync.guard import DUE_CAUSES
from crm_mailchimp.sync.merge_fields import FieldMapping, merge_values, parse_reference
from crm_mailchimp.sync.ownership import REFERENCE_TAG
from crm_mailchimp.sync.pull_back import look_again, record_members
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
    #: How far changed members were looked at again, by kind of look, Mailchimp's clock.
    _looked_through: dict[str, datetime | None] = field(default_factory=dict)
    _in_batch: bool = False

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
        # A batch subscribe would revive members that were archived by hand meanwhile.
        for page in self._pages(("add", "add_pending", "revive"), due=None, look="archived"):
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
            address = self._address_of(row)
            if address is None:
                continue
            values, invalid = merge_values(
                row._asdict(), self.mappings, "created", clear_blanks=row.origin is not None
            )
            problems[row.contact_id] = [f"{item.field_code}: {item.problem}" for item in invalid]
            members.append(
                NewMember(
                    email_address=address,
                    status="pending" if row.action == "add_pending" else "subscribed",
                    merge_fields=values,
                    language=language_code(row.language),
                    timestamp_opt=row.consented_at,
                )
            )
        outcome = self.provider.add_members(self.list_id, members)
        planned = {row.subscriber_hash: row for row in rows}
        strangers = 0
        # Several statements a member, none of whose results is needed: sent without waiting.
        with self.warehouse.pipeline():
            for member in (*outcome.created, *outcome.updated):
                row = planned.get(member.subscriber_hash) or self._same_person(rows, member)
                if row is None:
                    strangers += 1  # whoever that is, the next pull-back sees them
                    continue
                self.counts["added"] += 1
                self._record_added(row, member)
                self._note_invalid_fields(row.contact_id, problems[row.contact_id])
        for rejection in outcome.rejected:
            if rejection.subscriber_hash in planned:
                self._reject_new(planned[rejection.subscriber_hash], rejection)
            else:
                strangers += 1
        if strangers:
            log.warning("%d entries of Mailchimp's answer are about nobody asked for", strangers)
        self._store_progress()
        self.warehouse.commit()

    def _address_of(self, row: Any) -> str | None:
        """The address that a row adds: the CRM's, or the one that the person chose in Mailchimp.

        None: the member with that one is gone; the next plan decides from it.
        """
        if not row.has_changed_address:
            return str(row.address_key)
        member = self.provider.member(self.list_id, row.subscriber_hash)
        if member is not None:
            return member.email_address
        self.warehouse.execute(
            statement("sync/mark_forgotten"),
            {"list_id": self.list_id, "subscriber_hash": row.subscriber_hash},
        )
        self.discovered += 1
        return None

    def _same_person(self, rows: Sequence[Any], member: RemoteMember) -> Any:
        """The row of a member that Mailchimp keeps under another id than ours, which then holds.

        Its address says whose it is, or CRMREF where Mailchimp wrote the address in another way.
        """
        key = parse_address(member.email_address).key
        reference = parse_reference(member.merge_fields.get(REFERENCE_TAG))
        for row in rows:
            if row.address_key == key or (reference and reference[1] == row.contact_id):
                self.warehouse.execute(
                    statement("sync/note_alias"),
                    {
                        "address_hash": row.subscriber_hash,
                        "subscriber_hash": member.subscriber_hash,
                    },
                )
                return row._replace(subscriber_hash=member.subscriber_hash)
        return None

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
                self._attach_holders(member)
                if member.status != "archived":
                    return
            # Refused though archived: the archive hid an opt-out that nobody had seen.
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
        for outcome in self.provider.change_members(
            self.list_id, changes, on_batch=self._note_batch
        ):
            # Losing the last commits in a crash of the server repeats calls that may be repeated.
            self.warehouse.execute("set local synchronous_commit = off")
            self._record(outcome)
            noted = invalid.pop(outcome.change.subscriber_hash, None)
            if noted is not None and outcome.rejection is None:
                self._note_invalid_fields(*noted)
            self._store_progress()
            self.warehouse.commit()
        if self._in_batch:
            intents.close_batch(self.warehouse, self.list_id)
            self._in_batch = False

    def _note_batch(self, ticket: str | None) -> None:
        self._in_batch = True
        intents.note_batch(self.warehouse, self.list_id, ticket)

    def _changes(
        self,
        actions: tuple[str, ...],
        due: bool | None,
        invalid: dict[str, tuple[int, list[str]]],
    ) -> Iterator[MemberChange]:
        removes = due is not None
        # An archive hides an opt-out that came right before it; an unsubscribe's answer tells it.
        for page in self._pages(actions, due=due, look="present" if due is False else None):
            rows = (
                self.recheck.still_to_remove(page) if removes else self.recheck.still_eligible(page)
            )
            self.warehouse.rollback()  # ends the read; nothing was written
            if len(rows) < len(page):
                log.info("%d contacts changed in the CRM meanwhile", len(page) - len(rows))
            if removes and rows:
                intents.note_intents(
                    self.warehouse,
                    staging_id=self.staging_id,
                    collection_id=self.collection.collection_id,
                    list_id=self.list_id,
                    subscriber_hashes=[row.subscriber_hash for row in rows],
                )
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

    def _attach_holders(self, member: RemoteMember | None) -> None:
        """What an answer says of a refusal belongs to the contacts that hold the address now."""
        key = parse_address(member.email_address).key if member is not None else None
        if member is not None and key is not None and member.status != "subscribed":
            refusals.attach_holders(
                self.warehouse, self.recheck.crm, self.recheck.digester, self.list_id, [key]
            )

    def _record(self, outcome: ChangeOutcome) -> None:
        change = outcome.change
        if outcome.rejection is not None:
            self._reject_change(change, outcome.rejection)
            return
        if change.action in ("unsubscribe", "archive"):
            intents.record_removal(self.warehouse, self.list_id, outcome)
            self._attach_holders(outcome.member)
            self.counts["removed"] += 1
            # Who was gone already refused: the plan decides about the person's other addresses.
            self.discovered += outcome.was_gone
            return
        if outcome.member is not None and change.action == "update":
            # The answer also tells when the person's status changed under way.
            record_members(self.warehouse, [outcome.member])
            self._attach_holders(outcome.member)
        self.warehouse.execute(
            statement("sync/record_changed"),
            {
                "staging_id": self.staging_id,
                "collection_id": self.collection.collection_id,
                "list_id": self.list_id,
                "subscriber_hash": change.subscriber_hash,
                "action": change.action,
                "last_changed": outcome.member.last_changed if outcome.member else None,
            },
        )
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
            if not rejection.retryable:
                intents.drop_intent(self.warehouse, self.list_id, change.subscriber_hash)
                if self._has_bounced(change.subscriber_hash):
                    return
            self._refused_removals += 1
        row = self._planned_row(change.subscriber_hash)
        if row is not None and change.action == "reconfirm" and rejection.kind == "compliance":
            self._note_compliance(row)
        elif row is not None:
            self._store_rejection(row, rejection)

    def _has_bounced(self, subscriber_hash: str) -> bool:
        """Mailchimp archives nobody who bounced, and sends them nothing: they need no removal."""
        member = self.provider.member(self.list_id, subscriber_hash)
        if member is None or member.status != "cleaned":
            return False
        record_members(self.warehouse, [member])
        self.discovered += 1
        return True

    def _note_compliance(self, row: Any) -> None:
        """Mailchimp does not let us ask this person: not a wrong address, and not to be tried
        again. A bounce that it shows says more than its refusal."""
        self.discovered += 1
        member = self.provider.member(self.list_id, row.subscriber_hash)
        if member is not None and member.status != "unsubscribed":
            record_members(self.warehouse, [member])
        else:
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

    def _pages(
        self,
        actions: tuple[str, ...],
        *,
        due: bool | None,
        look: Literal["present", "archived"] | None = None,
    ) -> Iterator[list[Any]]:
        """Pages of the plan; ``look`` at these members again before each, since what changed
        meanwhile drops out of the page."""
        after: str = ""
        while True:
            page = self._page(actions, due, after)
            if page and look is not None:
                self._look(look)
                page = self._page(actions, due, after)
            if page:
                after = page[-1].subscriber_hash
                yield page
            if len(page) < ADD_BATCH:
                return

    def _page(self, actions: tuple[str, ...], due: bool | None, after: str) -> list[Any]:
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
        return page

    def _look(self, look: Literal["present", "archived"]) -> None:
        if look not in self._looked_through:
            row = self.warehouse.execute(
                "select pulled_through from sync.audience where list_id = %s", (self.list_id,)
            ).fetchone()
            self._looked_through[look] = row[0] if row else None
        self._looked_through[look] = look_again(
            self.warehouse,
            self.provider,
            self.list_id,
            self._looked_through[look],
            status="archived" if look == "archived" else None,
        )

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
