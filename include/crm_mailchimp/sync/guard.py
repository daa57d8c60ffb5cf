"""The guard against removing many by accident.

Withdrawals, complaints and erasures always go out; consent is never a matter of approval. Other
removals above the limit wait for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
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


#: How long an approval holds: the sync that it starts may wait behind others.
APPROVAL_VALID = timedelta(hours=24)


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


def approved_plan_for(
    warehouse: Connection[Any],
    plan_id: int,
    collection_code: str,
    *,
    run_id: str,
    valid_for: timedelta = APPROVAL_VALID,
) -> int | None:
    """The plan id, if it is an approved plan of this collection.

    Args:
        run_id: the run that asks; a plan serves one run, however often its task is repeated.
        valid_for: how long an approval holds.

    Raises:
        PlanNotApprovedError: there is no such plan, it was not approved, its approval is too old,
            or another run has carried it out.
    """
    row = warehouse.execute(
        "select collection_code, decision, now() - decided_at, carried_out_by"
        " from sync.removal_request where plan_id = %s",
        (plan_id,),
    ).fetchone()
    if row is None or row[1] != "approved":
        raise PlanNotApprovedError(
            f"param 'approved_plan' is {plan_id}, which is no approved plan: see "
            "sync.removal_request, and approve with DAG approve_removals"
        )
    owner, _, age, carried_out_by = row
    if owner != collection_code:
        return None
    if carried_out_by is not None and carried_out_by != run_id:
        raise PlanNotApprovedError(
            f"the approved plan {plan_id} was carried out by run {carried_out_by}: sync without "
            "'approved_plan', and approve the new plan if one is asked for"
        )
    if age > valid_for:
        raise PlanNotApprovedError(
            f"the approval of plan {plan_id} is older than {valid_for.total_seconds() / 3600:g} "
            "hours: sync without 'approved_plan', and approve the new plan if one is asked for"
        )
    return plan_id


def note_carried_out(warehouse: Connection[Any], plan_id: int, run_id: str) -> None:
    """The approved plan's members are gone; the caller commits."""
    warehouse.execute(
        "update sync.removal_request set carried_out_at = now(), carried_out_by = %s"
        " where plan_id = %s and carried_out_by is null",
        (run_id, plan_id),
    )
