"""The guard against removing many by accident.

Withdrawals, complaints and erasures always go out; consent is never a matter of approval. Other
removals above the limit wait for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.counts_in_words import members_in_words
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import find_value, read_row
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.warehouse.key_lookups import hash_joins_now

#: Causes of a removal that no guard holds back, and that no approval is asked for.
DUE_CAUSES = (
    "erased_contact",
    "consent_withdrawn",
    "shared_address_refused",
    "suppressed_complaint",
    "suppressed_unsubscribed",
    "suppressed_cleaned",
    "suppressed_permission",
    "suppressed_compliance",
    "suppressed_archived",
    "suppressed_forgotten",
    # Somebody gave the collection's tag to a member that the collection does not have.
    "tagged_by_hand",
)


#: Of ``sync.removal_request``: whether the question was about these removals, as they are now.
_IS_ABOUT_THESE = (
    "collection_id = %(collection_id)s and list_id = %(list_id)s and of_tag = %(of_tag)s"
)
#: A clock that is set right by less than this was not wrong.
_CLOCK_STEP = timedelta(minutes=1)
#: How long an approval holds: the sync that it starts may wait behind others.
APPROVAL_VALID = timedelta(hours=24)
#: How long a rejected plan of the same members is not asked again.
ASK_AGAIN_AFTER = timedelta(hours=168)


@dataclass(frozen=True, kw_only=True)
class GuardLimits:
    """How many removals need no approval.

    At most ``share`` of the members, or fewer than ``minimum``; never more than ``half``.
    """

    share: float = 0.10
    minimum: int = 5
    half: float = 0.50


@dataclass(frozen=True)
class Blocked:
    """Why a collection may not be pushed, beginning with the code."""

    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class _Removals(NamedTuple):
    """The plan's removals that are not due, those outside an approved plan, today's members."""

    removals: int
    outside: int
    members: int


class _Approval(NamedTuple):
    """What became of a request for an approval, and whether it is about these removals."""

    is_about_these: bool
    decision: str | None
    age: timedelta | None
    carried_out_by: str | None


class _Request(NamedTuple):
    """The request that a blocked plan waits for; not asked again if it was rejected."""

    plan_id: int
    rejected_at: datetime | None

    def words(self, ask_again_after: timedelta) -> str:
        if self.rejected_at is None:
            return f"Required Actions in Airflow asks a person (plan {self.plan_id})"
        return (
            f"plan {self.plan_id} was not approved on {self.rejected_at:%Y-%m-%d %H:%M %Z}. It is "
            f"asked again when its members change, or on "
            f"{self.rejected_at + ask_again_after:%Y-%m-%d %H:%M %Z}"
        )


@dataclass(frozen=True)
class GuardJudgement:
    """What the guard says of a collection's plan.

    Attributes:
        blocked: why nothing but due removals may be pushed; None: everything may.
        approved_plan: the approved removals that this run carries out, if any.
    """

    blocked: Blocked | None
    approved_plan: int | None


class PlanNotApprovedError(PermanentError):
    """The approved plan does not cover what would be removed now."""


def exceeds(removals: int, members: int, limits: GuardLimits) -> bool:
    """Whether so many removals of so many present members need a person's approval."""
    if removals == 0:
        return False
    above_share = removals > limits.share * members and removals >= limits.minimum
    return above_share or removals > limits.half * members


def judge_plan(
    warehouse: Connection[Any],
    collection: StagedCollection,
    list_id: str | None,
    *,
    limits: GuardLimits,
    approved_plan: int | None,
    valid_for: timedelta = APPROVAL_VALID,
    ask_again_after: timedelta = ASK_AGAIN_AFTER,
) -> GuardJudgement:
    """Judge the plan, note the result and ask for an approval where one is needed; commits.

    Args:
        list_id: the collection's audience; None: it has none yet.
        approved_plan: the removal request that the run is to carry out, if any.
        valid_for: how long an approval holds.
        ask_again_after: how long a rejected plan of the same members is not asked again.

    Raises:
        PlanNotApprovedError: ``approved_plan`` is no plan or was not approved. Or its approval is
            too old, or another run has carried it out.
    """
    if approved_plan is not None:
        approved_plan = _approved_plan_for(
            warehouse, approved_plan, collection, list_id, valid_for=valid_for
        )
    if approved_plan is None:
        # Another plan was approved: these removals may have an approval of their own.
        approved_plan = _open_approval(warehouse, collection, list_id, valid_for=valid_for)
    counted = _count_removals(warehouse, collection, list_id, approved_plan)
    blocked = _judge(collection, counted, limits, approved_plan)
    if collection.is_shared_audience and not counted.removals:
        # A collection that is blocked keeps its members. The approval waits until they may go.
        approved_plan = None
    warehouse.execute(
        "update sync.staged_collection set guard_detail = %s"
        " where staging_id = %s and collection_code = %s",
        (
            str(blocked) if blocked is not None else None,
            collection.staging_id,
            collection.collection_code,
        ),
    )
    if blocked is not None and not collection.dry_run:
        request = _request_approval(warehouse, collection, list_id, ask_again_after)
        blocked = Blocked(blocked.code, f"{blocked.detail}; {request.words(ask_again_after)}")
    if blocked is None and not collection.dry_run:
        # What was asked needs no answer any more.
        warehouse.execute(
            "update sync.removal_request set decision = 'superseded', decided_at = now()"
            " where collection_code = %s and decided_at is null",
            (collection.collection_code,),
        )
    warehouse.commit()
    return GuardJudgement(blocked, approved_plan)


def _count_removals(
    warehouse: Connection[Any],
    collection: StagedCollection,
    list_id: str | None,
    approved_plan: int | None,
) -> _Removals:
    parameters = {
        "staging_id": collection.staging_id,
        "collection_id": collection.collection_id,
        "list_id": list_id,
        "due_causes": list(DUE_CAUSES),
        "is_shared": collection.shared_id is not None,
        "plan_id": approved_plan,
    }
    with hash_joins_now(warehouse):
        found = read_row(warehouse, _Removals, statement("sync/count_removals"), parameters)
    return found or _Removals(0, 0, 0)


def _open_approval(
    warehouse: Connection[Any],
    collection: StagedCollection,
    list_id: str | None,
    *,
    valid_for: timedelta,
) -> int | None:
    """An approval that no run has carried out yet, and that allows all removals of this plan.

    The run that an approval starts may fail, or name the collection by a code that has changed.
    """
    plan_id = find_value(
        warehouse,
        int,
        f"select plan_id from sync.removal_request where {_IS_ABOUT_THESE}"
        " and decision = 'approved' and carried_out_at is null"
        # An answer in the future was given under a clock that was ahead: nobody knows its age.
        " and decided_at between now() - %(valid_for)s and now() + interval '1 minute'"
        " order by plan_id desc limit 1",
        {**_what_is_asked(collection, list_id), "valid_for": valid_for},
    )
    if plan_id is None:
        return None
    counted = _count_removals(warehouse, collection, list_id, plan_id)
    return plan_id if counted.removals and not counted.outside else None


def _judge(
    collection: StagedCollection,
    counted: _Removals,
    limits: GuardLimits,
    approved_plan: int | None,
) -> Blocked | None:
    """Look at the plan's removals that are not due; an approved plan's members may go."""
    removals, outside, members = counted
    if approved_plan is not None and not outside:
        return None
    blocked = _judge_count(collection, removals, members, limits)
    if blocked is not None and approved_plan is not None:
        return Blocked(
            "removal_guard",
            f"{outside} of {removals} removals are outside the approved plan {approved_plan}: "
            "nothing else was pushed",
        )
    return blocked


def _judge_count(
    collection: StagedCollection, removals: int, members: int, limits: GuardLimits
) -> Blocked | None:
    """Whether so many removals wait for a person."""
    # No contacts, where there are members, is suspicious by itself.
    if collection.staged == 0 and removals:
        return Blocked(
            "empty_collection",
            f"the collection is empty and has {members_in_words(members)}: nobody was removed "
            "except withdrawals and erasures. If it is meant to be empty, approve that",
        )
    if exceeds(removals, members, limits):
        what = "be removed" if collection.shared_id is None else "lose the tag"
        return Blocked(
            "removal_guard",
            f"{removals} of {members_in_words(members)} would {what}: nothing was pushed "
            "except withdrawals and erasures",
        )
    return None


def _request_approval(
    warehouse: Connection[Any],
    collection: StagedCollection,
    list_id: str | None,
    ask_again_after: timedelta,
) -> _Request:
    """Store the plan's removals as a request, unless one for them is there."""
    found = read_row(
        warehouse,
        _Request,
        statement("sync/request_removals"),
        {
            **_what_is_asked(collection, list_id),
            "staging_id": collection.staging_id,
            "collection_code": collection.collection_code,
            "run_id": collection.run_id,
            "due_causes": list(DUE_CAUSES),
            "ask_again_after": ask_again_after,
        },
    )
    if found is None:
        raise RuntimeError("sql/sync/request_removals.sql returned no request")
    return found


def _what_is_asked(collection: StagedCollection, list_id: str | None) -> dict[str, object]:
    """Whose removals a question is about: parameters of the statements about requests."""
    return {
        "collection_id": collection.collection_id,
        "list_id": list_id,
        "of_tag": collection.shared_id is not None,
    }


def _approved_plan_for(
    warehouse: Connection[Any],
    plan_id: int,
    collection: StagedCollection,
    list_id: str | None,
    *,
    valid_for: timedelta,
) -> int | None:
    """The plan id, if it is an approved plan of this collection in this audience.

    A plan serves one run, however often its task is repeated. A plan about tags does not serve for
    archiving.

    Args:
        list_id: the collection's audience; None: it has none yet.
        valid_for: how long an approval holds.

    Raises:
        PlanNotApprovedError: no such plan exists, or it was not approved. Or its approval is too
            old, or another run has carried it out.
    """
    found = read_row(
        warehouse,
        _Approval,
        f"select ({_IS_ABOUT_THESE}) is true as is_about_these, decision,"
        " now() - decided_at as age, carried_out_by"
        " from sync.removal_request where plan_id = %(plan_id)s",
        {**_what_is_asked(collection, list_id), "plan_id": plan_id},
    )
    if found is None or found.decision != "approved" or found.age is None:
        raise PlanNotApprovedError(
            f"param 'approved_plan' is {plan_id}, which is no approved plan: see "
            "sync.removal_request, and answer under Required Actions"
        )
    if not found.is_about_these:
        return None
    if found.carried_out_by is not None and found.carried_out_by != collection.run_id:
        raise PlanNotApprovedError(
            f"the approved plan {plan_id} was carried out by run {found.carried_out_by}. Sync "
            "without 'approved_plan', and approve the new plan if one is asked for"
        )
    # A negative age comes from a clock that was ahead.
    if not -_CLOCK_STEP < found.age <= valid_for:
        raise PlanNotApprovedError(
            f"the approval of plan {plan_id} is older than {valid_for.total_seconds() / 3600:g} "
            "hours. Sync without 'approved_plan', and approve the new plan if one is asked for"
        )
    return plan_id


def note_carried_out(warehouse: Connection[Any], plan_id: int, run_id: str) -> None:
    """The approved plan's members are gone; the caller commits."""
    warehouse.execute(
        "update sync.removal_request set carried_out_at = now(), carried_out_by = %s"
        " where plan_id = %s and carried_out_by is null",
        (run_id, plan_id),
    )
