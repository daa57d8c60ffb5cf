"""What a person is asked about removals above the guard's limit, and what becomes of the answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.counts_in_words import members_in_words
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_row, read_rows, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.answer import APPROVE, REJECT, Decision
from crm_mailchimp.sync.decisions.open_question import OpenQuestion

log = logging.getLogger(__name__)

#: Contact ids shown for each cause; the rest is counted.
MOST_IDS = 50

# Causes of the plan that are no reasons of the quarantine.
_EXPLANATIONS = {
    "left_collection": "The contact is no longer in the collection.",
    "changed_address": "The contact has another address now.",
}


class NoSuchRequestError(PermanentError):
    """There is no removal plan of this number, or no collection of this code."""


class _StoredDecision(NamedTuple):
    """A removal plan's collection, and what was decided first."""

    collection_code: str
    decision: str | None


class AlreadyDecidedError(PermanentError):
    """The removal plan was decided otherwise, or a newer one replaced it."""


@dataclass(frozen=True, kw_only=True)
class RemovalCause:
    """Members that would be removed for one reason.

    Attributes:
        contact_ids: the first of them, at most ``MOST_IDS``.
    """

    cause: str
    explanation: str
    members: int
    contact_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class RemovalRequest:
    """Removals that wait for a person; no addresses.

    Attributes:
        of_tag: members would lose the collection's tag. Otherwise they would be archived or
            unsubscribed.
    """

    plan_id: int
    collection_code: str
    of_tag: bool
    run_id: str
    requested_at: datetime
    removals: int
    members: int
    causes: tuple[RemovalCause, ...]

    @property
    def subject(self) -> str:
        """The question, in one line."""
        who = f"{self.removals} of {members_in_words(self.members)}"
        if self.of_tag:
            return f"Take the tag of {self.collection_code} from {who}? (plan {self.plan_id})"
        return f"Remove {who} of {self.collection_code}? (plan {self.plan_id})"

    @property
    def sync_params(self) -> dict[str, object]:
        """The params of ``sync_collections`` that carry the plan out once it is approved."""
        return {"collections": [self.collection_code], "approved_plan": self.plan_id}

    def body(self, ask_again_hours: float) -> str:
        """What is needed to decide, in Markdown.

        Args:
            ask_again_hours: after a rejection the same members are asked about again then.
        """
        rows = "\n".join(
            f"| `{cause.cause}` | {cause.explanation} | {cause.members} | {_ids(cause)} |"
            for cause in self.causes
        )
        code = f"`{self.collection_code.replace('`', '')}`"
        if self.of_tag:
            change = f"would lose the tag of collection {code}"
            then = (
                " Who has no other collection's tag after that is archived. If they are many, the "
                "shared audience has a question of its own."
            )
            nobody, outside = "nobody loses the tag", "It takes the tag from nobody"
        else:
            change, then = f"of collection {code} would be archived or unsubscribed", ""
            nobody, outside = "nobody is removed", "It removes nobody"
        return (
            f"At most **{self.removals} of {self.members}** members {change} "
            f"(plan {self.plan_id} of {self.requested_at:%Y-%m-%d %H:%M %Z}, run "
            f"`{self.run_id.replace('`', '')}`).{then}\n\n"
            f"| cause | what happened | members | contact ids |\n|---|---|---|---|\n{rows}\n\n"
            f"**{APPROVE}**: the collection is planned again and synced. {outside} "
            f"outside this plan, and nobody who has come back meanwhile.\n\n"
            f"**{REJECT}**, or no answer in time: {nobody}. The collection stays blocked "
            f"until the CRM is corrected. After **{REJECT}** the same members are asked about "
            f"again after {ask_again_hours:g} hours. Without an answer the next run asks again."
            "\n\n"
            "Withdrawals of consent and erasures are not part of this: they have gone out already."
            f"\n\nAll contact ids: table `sync.removal_request_member`, `plan_id` {self.plan_id}."
        )


class _StoredRequest(NamedTuple):
    """A row of ``sync.removal_request``."""

    plan_id: int
    collection_code: str
    of_tag: bool
    run_id: str
    requested_at: datetime
    removals: int
    members: int
    decision: str | None


class _StoredCause(NamedTuple):
    """The members of a request for one reason."""

    cause: str
    explanation: str | None
    members: int
    contact_ids: list[int] | None


def find_removal_request(
    warehouse: Connection[Any],
    *,
    plan_id: int | None = None,
    collection_code: str | None = None,
) -> RemovalRequest | None:
    """The open request to decide on: the one named, or the newest; None when none is open.

    Requests of collections that were synced since without trouble are closed first.

    Raises:
        NoSuchRequestError: ``plan_id`` is no plan (of ``collection_code``), or no run has met a
            collection of this code.
        AlreadyDecidedError: ``plan_id`` is not open any more.
    """
    warehouse.execute(statement("sync/close_settled_removals"))
    warehouse.commit()
    found = read_row(
        warehouse,
        _StoredRequest,
        statement("sync/find_removal_request"),
        {"plan_id": plan_id, "collection_code": collection_code},
    )
    if found is None and plan_id is not None:
        of_collection = f" of collection {collection_code}" if collection_code else ""
        raise NoSuchRequestError(
            f"param 'plan_id' is {plan_id}: there is no such removal plan{of_collection}; see "
            "sync.removal_request"
        )
    if found is None:
        if collection_code is not None:
            _require_known(warehouse, collection_code)
        return None
    if found.decision is not None:
        raise AlreadyDecidedError(
            f"removal plan {plan_id} is already {found.decision}; leave 'plan_id' empty for the "
            "newest open one"
        )
    causes = read_rows(
        warehouse,
        _StoredCause,
        statement("sync/summarise_removal_request"),
        {"plan_id": found.plan_id, "most_ids": MOST_IDS},
    )
    return RemovalRequest(
        plan_id=found.plan_id,
        collection_code=found.collection_code,
        of_tag=found.of_tag,
        run_id=found.run_id,
        requested_at=found.requested_at,
        removals=found.removals,
        members=found.members,
        causes=tuple(_cause(cause) for cause in causes),
    )


def _require_known(warehouse: Connection[Any], collection_code: str) -> None:
    is_known = read_value(
        warehouse,
        bool,
        "select exists (select from sync.staged_collection where collection_code = %(code)s)"
        " or exists (select from sync.removal_request where collection_code = %(code)s)",
        {"code": collection_code},
    )
    if not is_known:
        raise NoSuchRequestError(
            f"param 'collection' is {collection_code!r}: no run of sync_collections has met a "
            "collection of this code. Correct it (crm.contact_collection has the codes), or leave "
            "it empty for the newest plan that waits"
        )


def open_plans(warehouse: Connection[Any], staging_id: int) -> list[OpenQuestion]:
    """Removal plans that wait for a person, of the collections of a staging."""
    return read_rows(
        warehouse,
        OpenQuestion,
        "select request.plan_id as number, now() - request.requested_at as age"
        " from sync.removal_request as request"
        " inner join sync.staged_collection as collection using (collection_code)"
        " where collection.staging_id = %s and request.decided_at is null"
        " order by request.plan_id",
        (staging_id,),
    )


def decide_removals(
    warehouse: Connection[Any],
    plan_id: int,
    decision: Decision,
    *,
    decided_by: str | None = None,
) -> bool:
    """Store the decision; safe to repeat. The first decision on a plan holds.

    Returns:
        whether the plan is approved, so that the sync may remove its members.

    Raises:
        AlreadyDecidedError: it is to be approved, but was rejected or replaced before.
        NoSuchRequestError: there is no such plan.
    """
    warehouse.execute(
        statement("sync/decide_removals"),
        {"plan_id": plan_id, "decision": decision, "decided_by": decided_by},
    )
    stored = read_row(
        warehouse,
        _StoredDecision,
        "select collection_code, decision from sync.removal_request where plan_id = %s",
        (plan_id,),
    )
    warehouse.commit()
    if stored is None:
        raise NoSuchRequestError(f"there is no removal plan {plan_id}: see sync.removal_request")
    collection_code, in_force = stored
    log.info("removal plan %d of collection %s: %s", plan_id, collection_code, in_force)
    if decision == "approved" and in_force != "approved":
        raise AlreadyDecidedError(
            f"removal plan {plan_id} of collection {collection_code} is already {in_force}: this "
            "approval removes nobody. Look at the newest plan and decide on that"
        )
    return decision == "approved"


def _cause(stored: _StoredCause) -> RemovalCause:
    return RemovalCause(
        cause=stored.cause,
        explanation=stored.explanation or _EXPLANATIONS.get(stored.cause, ""),
        members=stored.members,
        contact_ids=tuple(stored.contact_ids or ()),
    )


def _ids(cause: RemovalCause) -> str:
    shown = ", ".join(str(contact_id) for contact_id in cause.contact_ids)
    more = cause.members - len(cause.contact_ids)
    if more and shown:
        return f"{shown} and {more} more"
    return shown or "(not known)"
