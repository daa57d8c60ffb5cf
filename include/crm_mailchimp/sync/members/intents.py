"""Removals are noted before they are sent, so that a lost answer loses nobody.

Without the note, a member that is found unsubscribed would look like a person who opted out. A
member that is found archived would look archived by hand. Both would be held back for good.
An intent ends with the call's outcome, or when the member is found as intended
(``sql/sync/record_observed.sql``). It also ends when a complete look did not find it carried out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import (
    AudienceProvider,
    BatchRunningError,
    ChangeOutcome,
    MemberChange,
)
from crm_mailchimp.rows import find_value, read_rows, read_value
from crm_mailchimp.statements import statement

log = logging.getLogger(__name__)

#: Among tickets: a batch whose start got no answer. Alone it is stored as null.
_ABOUT_TO_START = "?"


def note_intents(
    warehouse: Connection[Any],
    *,
    staging_id: int,
    collection_id: int,
    list_id: str,
    subscriber_hashes: Sequence[str],
) -> None:
    """Note the planned removals of these members before the call is made; commits."""
    warehouse.execute(
        statement("sync/note_intents"),
        {
            "staging_id": staging_id,
            "collection_id": collection_id,
            "list_id": list_id,
            "subscriber_hashes": list(subscriber_hashes),
        },
    )
    warehouse.commit()


def count_intents(warehouse: Connection[Any], list_id: str) -> int:
    """Removals whose outcome is not known."""
    return read_value(
        warehouse,
        int,
        "select count(*) from sync.member where list_id = %s and intended_action is not null",
        (list_id,),
    )


def note_batches(warehouse: Connection[Any], list_id: str, tickets: Sequence[str | None]) -> None:
    """Note the audience's batches whose results are not all recorded; commits.

    Args:
        tickets: of the batches; None is one that is about to start. Empty: all are recorded.
    """
    if not tickets:
        warehouse.execute("delete from sync.open_batch where list_id = %s", (list_id,))
    else:
        known = " ".join(ticket or _ABOUT_TO_START for ticket in tickets)
        warehouse.execute(
            statement("sync/note_batches"),
            {"list_id": list_id, "tickets": None if known == _ABOUT_TO_START else known},
        )
    warehouse.commit()


@dataclass(frozen=True)
class _Removed:
    """A removal that was carried out, by us or by somebody before us."""

    subscriber_hash: str
    action: str
    last_changed: datetime | None
    unsubscribed_by: str | None
    strict_cause: str | None
    end_cause: str


def record_removals(
    warehouse: Connection[Any], list_id: str, outcomes: Iterable[ChangeOutcome]
) -> None:
    """Write what became of removals into ``sync.member`` and the proofs; the caller commits."""
    removed = []
    for outcome in outcomes:
        if outcome.was_gone:
            # Somebody deleted the member for good before us: that is a refusal of the person.
            warehouse.execute(
                statement("sync/mark_forgotten"),
                {"list_id": list_id, "subscriber_hash": outcome.change.subscriber_hash},
            )
        else:
            removed.append(_removed(outcome))
    if not removed:
        return
    subscriber_hashes = [one.subscriber_hash for one in removed]
    warehouse.execute(
        statement("sync/record_removed"),
        {
            "list_id": list_id,
            "subscriber_hashes": subscriber_hashes,
            "actions": [one.action for one in removed],
            "last_changed": [one.last_changed for one in removed],
            "unsubscribed_by": [one.unsubscribed_by for one in removed],
            "strict_causes": [one.strict_cause for one in removed],
        },
    )
    warehouse.execute(
        statement("sync/end_proofs"),
        {
            "list_id": list_id,
            "subscriber_hashes": subscriber_hashes,
            "end_causes": [one.end_cause for one in removed],
        },
    )


def _removed(outcome: ChangeOutcome) -> _Removed:
    change, member = outcome.change, outcome.member
    by = member.unsubscribed_by if member else None
    strict_cause, end_cause = None, str(change.action)
    if by == "person":
        strict_cause, end_cause = "own_unsubscribe", "unsubscribed"
    elif change.action == "archive" and member is not None:
        strict_cause, end_cause = "hand_archive", "archived"
    return _Removed(
        subscriber_hash=change.subscriber_hash,
        action=change.action,
        last_changed=member.last_changed if member else None,
        unsubscribed_by=by,
        strict_cause=strict_cause,
        end_cause=end_cause,
    )


def drop_intent(warehouse: Connection[Any], list_id: str, subscriber_hash: str) -> None:
    """The removal was refused; the caller commits."""
    warehouse.execute(
        "update sync.member set intended_action = null, intended_cause = null"
        " where list_id = %s and subscriber_hash = %s",
        (list_id, subscriber_hash),
    )


def resume_batches(
    warehouse: Connection[Any], provider: AudienceProvider, list_id: str, *, wait: bool
) -> None:
    """Read the results of batches that an earlier run started and did not read; commits.

    Args:
        wait: wait for one that still runs; else it is left for later.
    """
    noted = find_value(
        warehouse,
        str,
        "select ticket from sync.open_batch where list_id = %s and ticket is not null",
        (list_id,),
    )
    warehouse.commit()
    if noted is None:
        return
    tickets = noted.split()
    for ticket in tickets:
        if ticket != _ABOUT_TO_START and not _resume(
            warehouse, provider, list_id, ticket, wait=wait
        ):
            return
    if _ABOUT_TO_START not in tickets:
        note_batches(warehouse, list_id, ())
        return
    # Since when it is waited for stays (drop_intents.sql).
    warehouse.execute("update sync.open_batch set ticket = null where list_id = %s", (list_id,))
    warehouse.commit()


def _resume(
    warehouse: Connection[Any], provider: AudienceProvider, list_id: str, ticket: str, *, wait: bool
) -> bool:
    """Record one batch's results; commits. Gives whether nothing of it is left to read."""
    noted = read_rows(
        warehouse,
        MemberChange,
        "select subscriber_hash, intended_action as action from sync.member"
        " where list_id = %s and intended_action is not null",
        (list_id,),
    )
    warehouse.commit()
    changes = {change.subscriber_hash: change for change in noted}
    try:
        for outcomes in provider.resume_changes(ticket, list_id, changes, wait=wait):
            record_removals(warehouse, list_id, (one for one in outcomes if one.rejection is None))
            for outcome in outcomes:
                if outcome.rejection is not None and not outcome.rejection.retryable:
                    drop_intent(warehouse, list_id, outcome.change.subscriber_hash)
            warehouse.commit()
    except BatchRunningError:
        return False
    except ProviderError as error:
        OutageWatch(provider).note_failure(error, ticket)
        if not error.retryable:
            raise
        warehouse.rollback()
        log.warning("audience %s: a batch is asked for again later: %s", list_id, error)
        return False
    return True


def drop_unfulfilled(warehouse: Connection[Any], list_id: str) -> None:
    """Forget the intents that a complete look at the audience did not find fulfilled; commits."""
    warehouse.execute(statement("sync/drop_intents"), {"list_id": list_id})
    warehouse.commit()
