"""The guard against removing many by accident.

Withdrawals, complaints and erasures always go out; consent is never a matter of approval. Other
removals above the limit wait for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.statements import statement

#: Causes of a removal that no guard holds back, and that no approval is asked for.
DUE_CAUSES = (
    "erased_contact",
    "consent_withdrawn",
    "shared_address_refused",
    "suppressed_complaint",
    "suppressed_unsubscribed",
    "suppressed_cleaned",
    "suppressed_compliance",
    "suppressed_archived",
    "suppressed_forgotten",
)


@dataclass(frozen=True, kw_only=True)
class GuardLimits:
    """How many removals need no approval: at most ``share`` of the members or fewer than
    ``minimum``, and never more than ``half``."""

    share: float = 0.10
    minimum: int = 5
    half: float = 0.50


@dataclass(frozen=True)
class Blocked:
    """Why a collection may not be pushed, beginning with the code."""

    code: str
    detail: str


class PlanNotApprovedError(PermanentError):
    """The approved plan does not cover what would be removed now."""


def exceeds(removals: int, members: int, limits: GuardLimits) -> bool:
    """Whether so many removals of so many present members need a person's approval."""
    if removals == 0:
        return False
    above_share = removals > limits.share * members and removals >= limits.minimum
    return above_share or removals > limits.half * members


def judge(
    warehouse: Connection[Any],
    *,
    staging_id: int,
    collection_id: int,
    list_id: str,
    staged: int,
    limits: GuardLimits,
    approved_plan: int | None,
) -> Blocked | None:
    """Look at the plan's removals that are not due.

    Args:
        staged: contacts the collection has now; none, where members stand, is suspicious by itself.
        approved_plan: a removal request that a person approved; its members may go, no others.
    """
    row = warehouse.execute(
        statement("sync/count_removals"),
        {
            "staging_id": staging_id,
            "collection_id": collection_id,
            "list_id": list_id,
            "due_causes": list(DUE_CAUSES),
            "plan_id": approved_plan,
        },
    ).fetchone()
    removals, outside, members = row if row else (0, 0, 0)
    if approved_plan is not None:
        if outside:
            return Blocked(
                "removal_guard",
                f"{outside} of {removals} removals are outside the approved plan {approved_plan}: "
                "look at the new plan and approve that",
            )
        return None
    if staged == 0 and removals:
        return Blocked(
            "empty_collection",
            f"the collection is empty and {members} members stand: nobody was removed but for "
            "withdrawals and erasures; approve with DAG approve_removals if it is meant",
        )
    if exceeds(removals, members, limits):
        return Blocked(
            "removal_guard",
            f"{removals} of {members} members would be removed: nothing was pushed but "
            "withdrawals and erasures; look at the plan and approve with DAG approve_removals",
        )
    return None


def request_approval(
    warehouse: Connection[Any],
    *,
    staging_id: int,
    collection_id: int,
    collection_code: str,
    list_id: str,
    run_id: str,
) -> int:
    """Store the plan's removals as a request; returns its plan id. The caller commits."""
    row = warehouse.execute(
        statement("sync/request_removals"),
        {
            "staging_id": staging_id,
            "collection_id": collection_id,
            "collection_code": collection_code,
            "list_id": list_id,
            "run_id": run_id,
            "due_causes": list(DUE_CAUSES),
        },
    ).fetchone()
    if row is None:
        raise RuntimeError("the warehouse gave no plan id")
    plan_id: int = row[0]
    return plan_id


def approved_plan_for(warehouse: Connection[Any], plan_id: int, collection_code: str) -> int | None:
    """The plan id, if it is an approved plan of this collection.

    Raises:
        PlanNotApprovedError: there is no such plan, or it was not approved.
    """
    row = warehouse.execute(
        "select collection_code, decision from sync.removal_request where plan_id = %s",
        (plan_id,),
    ).fetchone()
    if row is None or row[1] != "approved":
        raise PlanNotApprovedError(
            f"param 'approved_plan' is {plan_id}, which is no approved plan: see "
            "sync.removal_request, and approve with DAG approve_removals"
        )
    return plan_id if row[0] == collection_code else None
