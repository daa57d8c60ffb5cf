"""The plan of one collection: its changes, counted by action and cause, before any is made."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import permissions
from crm_mailchimp.sync.decisions.removal_guard import DUE_CAUSES
from crm_mailchimp.sync.refusals import address_notes, refusal_ledger

#: Members by action and cause; the cause is empty where there is none.
PlanCounts = Mapping[tuple[str, str], int]


class _Count(NamedTuple):
    action: str
    cause: str
    members: int


def make_plan(
    warehouse: Connection[Any],
    *,
    staging_id: int,
    collection_id: int,
    list_id: str | None,
    gdpr_category: str | None,
    confirm_new_members: bool = False,
    full_refresh: bool = False,
    only_due: bool = False,
    is_shared_audience: bool = False,
    dry_run: bool = False,
) -> PlanCounts:
    """Put the change set of one audience into ``staging.plan``; commits.

    Args:
        list_id: the audience; None where there is none yet.
        gdpr_category: refusals are judged by it; None: every refusal of e-mail counts.
        confirm_new_members: a contact that the audience does not have is asked to confirm first.
        full_refresh: plan an update of every member that stays.
        only_due: only the removals that nothing holds back (``removal_guard.DUE_CAUSES``), whatever
            staging says of the collection itself.
        is_shared_audience: the row is an audience that several collections share
            (``tag_plan.plan_members``).
        dry_run: notes about changed addresses stay as they are.
    """
    parameters = {
        "staging_id": staging_id,
        "collection_id": collection_id,
        "gdpr_category": gdpr_category,
        "list_id": list_id,
        "confirm_new_members": confirm_new_members,
        "full_refresh": full_refresh,
        "due_causes": list(DUE_CAUSES),
        "is_shared_audience": is_shared_audience,
    }
    warehouse.execute(statement("sync/create_kept_member"))
    warehouse.execute(statement("sync/create_first_asked"))
    refusal_ledger.follow_merges(warehouse, staging_id)
    with address_notes.in_preview(warehouse, dry_run=dry_run):
        address_notes.follow_contacts(warehouse, staging_id=staging_id, collection_id=collection_id)
        warehouse.execute(statement("sync/clear_plan"), parameters)
        address_notes.find_given_up(
            warehouse,
            staging_id=staging_id,
            collection_id=collection_id,
            list_id=list_id,
            is_shared_audience=is_shared_audience,
        )
        refusal_ledger.judge_staged(
            warehouse, staging_id=staging_id, collection_id=collection_id, list_id=list_id
        )
        if is_shared_audience:
            warehouse.execute(statement("sync/require_confirmations"))
        permissions.withhold(warehouse, staging_id=staging_id, collection_id=collection_id)
        warehouse.execute(statement("sync/plan_changes"), parameters)
        if only_due:
            warehouse.execute(statement("sync/keep_due_removals"), parameters)
    warehouse.commit()
    # The pages are read next: a planner that knows nothing of the plan reads all of it for each.
    warehouse.execute(f"analyze staging.plan_{int(staging_id)}")
    return count_plan(warehouse, staging_id=staging_id, collection_id=collection_id)


def count_plan(warehouse: Connection[Any], *, staging_id: int, collection_id: int) -> PlanCounts:
    """Count the plan as it is now; ends the transaction."""
    rows = read_rows(
        warehouse,
        _Count,
        statement("sync/count_plan"),
        {"staging_id": staging_id, "collection_id": collection_id},
    )
    warehouse.commit()
    return {(row.action, row.cause): row.members for row in rows}


def hold_back_unseen(
    warehouse: Connection[Any],
    *,
    staging_id: int,
    collection_id: int,
    list_id: str | None,
    unseen: AbstractSet[str],
) -> list[int]:
    """Take additions out of the plan whose contacts' former members nobody could look up; commits.

    Args:
        list_id: the audience; None: there is none yet.
        unseen: subscriber hashes of these members, of whatever audience.

    Returns:
        the contacts that wait for the next run.
    """
    held_back = read_values(
        warehouse,
        int,
        statement("sync/hold_back_unseen"),
        {
            "staging_id": staging_id,
            "collection_id": collection_id,
            "list_id": list_id,
            "subscriber_hashes": sorted(unseen),
        },
    )
    warehouse.commit()
    return held_back


def planned(counts: PlanCounts, *actions: str) -> int:
    """Members that any of these actions is planned for."""
    return sum(members for (action, _), members in counts.items() if action in actions)


def describe_plan(counts: PlanCounts) -> str:
    """The plan in one line: ``add 3, unsubscribe (consent_withdrawn) 1``."""
    lines = sorted(
        (f"{action} ({cause})" if cause else action, members)
        for (action, cause), members in counts.items()
    )
    return ", ".join(f"{what} {count}" for what, count in lines) or "nothing"
