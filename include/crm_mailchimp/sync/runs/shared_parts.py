"""The collections of a shared audience in one run: what they reached, and how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from crm_mailchimp.accounts import is_passing
from crm_mailchimp.counts_in_words import members_in_words
from crm_mailchimp.error_words import words_of
from crm_mailchimp.sync.audience.lost_audiences import AudienceUnusableError, SearchError
from crm_mailchimp.sync.audience.tags import FoundByHand, tag_name
from crm_mailchimp.sync.audience.untagged_after_loss import words_of_missing
from crm_mailchimp.sync.decisions import member_plan
from crm_mailchimp.sync.decisions.member_plan import PlanCounts
from crm_mailchimp.sync.decisions.removal_guard import Blocked, GuardJudgement
from crm_mailchimp.sync.runs import run_record
from crm_mailchimp.sync.staging.staged_collection import StagedCollection


@dataclass(kw_only=True)
class CollectionPart:
    """A collection of the shared audience in this run.

    Attributes:
        counts: tags given (``added``) and taken (``removed``), calls of the API.
        planned: its newest plan.
        judgement: what its guard says of that; None: it was not asked.
        notes: what people should know of it.
        failed: what Mailchimp refused or failed to do for it; the other collections go on.
        is_held_back: nobody gets its tag. The audience that it had until now could not be read, so
            people may have refused there. Or somebody made a tag with its name by hand.
    """

    collection: StagedCollection
    counts: Counter[str]
    planned: PlanCounts = field(default_factory=dict)
    judgement: GuardJudgement | None = None
    notes: list[str] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)
    is_held_back: bool = False

    def block(self, code: str, detail: str) -> None:
        """Only what is due goes out for it in this run.

        Args:
            code: with which its ``detail`` begins.
            detail: what keeps it, where, and what to do.
        """
        self.is_held_back = True
        self.judgement = GuardJudgement(Blocked(code, detail), None)

    def hold_back(self, error: SearchError) -> None:
        """Only what is due goes out for it in this run: nobody knows where it was before."""
        if isinstance(error, AudienceUnusableError):
            self.block(error.code, str(error))
        else:
            self.failed.append(error)
            self.is_held_back = True

    def note_found(self, found: FoundByHand, list_id: str) -> None:
        """Say what somebody did by hand to the tag; without a name for it, block the collection.

        Args:
            list_id: the shared audience.
        """
        if found.taken:
            self.notes.append(
                f"somebody took the tag by hand from {members_in_words(found.taken)} in Mailchimp. "
                "Nobody of them gets it again until somebody gives it there"
            )
        if found.given:
            self.notes.append(
                f"somebody gave the tag by hand to {members_in_words(found.given)} in Mailchimp. "
                "Who is not in the collection of the CRM, or refused, loses it again. If the CRM "
                "does not have the person in the collection, add the person there"
            )
        if found.taken_name is not None:
            self.block(
                "tag_by_hand",
                f"audience {list_id} has a tag {found.taken_name!r} that is not this collection's. "
                "Somebody made it by hand, or a collection left it there. The sync leaves it "
                "alone, and nobody gets the collection's own tag. Rename or delete that tag in "
                "Mailchimp, and the next sync goes on",
            )

    def note_untagged(self, count: int) -> None:
        """Say how many members do not have the tag after a loss of the sync state."""
        if count:
            self.notes.append(words_of_missing(tag_name(self.collection), count))

    def note_missing(self, count: int) -> None:
        """Say how many members Mailchimp did not show when they were to get the tag."""
        if count:
            self.notes.append(
                f"{members_in_words(count)} did not get the tag {tag_name(self.collection)!r}: "
                "Mailchimp does not show them any more. The next run looks again"
            )

    @property
    def blocked(self) -> Blocked | None:
        """Why only what is due goes out, if so."""
        return self.judgement.blocked if self.judgement is not None else None

    @property
    def waits_for_its_id(self) -> bool:
        """Whether a person has to say if it is the collection that had the code before.

        Until then the tag and its members are those of the collection before.
        """
        problem = self.collection.problem
        return problem is not None and problem.code == "collection_replaced"

    @property
    def planned_tags(self) -> int:
        """Members that are to get its tag."""
        return member_plan.planned(self.planned, "tag")

    @property
    def is_judged(self) -> bool:
        """Whether the collection can say who belongs to it, and nothing keeps the others."""
        return self.collection.problem is None and self.blocked is None and not self.is_held_back


def finish_parts(
    warehouse: Connection[Any],
    parts: Sequence[CollectionPart],
    *,
    state: str,
    detail: str | None,
    list_id: str | None,
    was_planned: bool,
) -> None:
    """Close the rows of the collections in ``sync.collection_run``; commits after each.

    Args:
        parts: none for an audience of one collection.
        state: how the run of the shared audience ended.
        detail: the words for it.
        list_id: the shared audience, as soon as it is known.
        was_planned: whether it was planned to the end.
    """
    for part in parts:
        own_state, own_detail = _end_of(part, state, detail)
        run_record.finish(
            warehouse,
            part.collection,
            state=own_state,
            detail="; ".join(filter(None, (own_detail, *part.notes))) or None,
            list_id=list_id,
            counts=part.counts,
            unchanged=member_plan.planned(part.planned, "unchanged"),
            was_planned=was_planned and part.collection.problem is None,
            may_heal=False,
        )


def failed_parts(parts: Sequence[CollectionPart]) -> str | None:
    """The words for collections that failed beside others; None: none did."""
    codes = [part.collection.collection_code for part in parts if part.failed]
    return f"of its collections failed: {', '.join(codes)}" if codes else None


def count_plans(warehouse: Connection[Any], parts: Sequence[CollectionPart]) -> None:
    """Count the plans again. What the audience's plan holds back gets no tag; commits."""
    for part in parts:
        part.planned = member_plan.count_plan(
            warehouse,
            staging_id=part.collection.staging_id,
            collection_id=part.collection.collection_id,
        )


def parts_may_heal(parts: Sequence[CollectionPart]) -> bool:
    """Whether some of what failed for collections may succeed when it is repeated."""
    return any(is_passing(error) for part in parts for error in part.failed)


def _end_of(part: CollectionPart, state: str, detail: str | None) -> tuple[str, str | None]:
    problem = part.collection.problem
    if problem is not None:
        return problem.state, str(problem)
    failed = "; ".join(dict.fromkeys(map(words_of, part.failed)))
    if failed and state in ("succeeded", "dry_run"):
        return "failed", failed
    if state in ("blocked", "failed"):
        code, rest = _code_and_words(detail)
        words = f"{code}the audience that it shares ended {state}: {rest}"
        own = str(part.blocked) if part.blocked is not None else None
        return state, "; ".join(filter(None, (words, own, failed)))
    if state == "dry_run":
        words = f"plan: {member_plan.describe_plan(part.planned)}"
        return state, f"{words}; it would be blocked: {part.blocked}" if part.blocked else words
    if part.blocked is not None:
        return "blocked", str(part.blocked)
    return state, None


def _code_and_words(detail: str | None) -> tuple[str, str]:
    """The code with which a detail begins, if it does, and the rest."""
    code, colon, rest = (detail or "").partition(": ")
    if colon and code.replace("_", "").isalpha() and " " not in code:
        return f"{code}: ", rest
    return "", str(detail)
