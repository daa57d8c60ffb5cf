"""One run of a shared audience: its collections' tags beside its own members.

The audience is synced as any other: somebody is a member as long as one of the collections wants
that. Each collection has its guard, its tag, its record and its quarantine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from crm_mailchimp.errors import PassingError, ProviderError
from crm_mailchimp.sync.audience import (
    audience_map,
    collection_audience,
    lost_tags,
    owed_tags,
    tag_names,
    tags,
)
from crm_mailchimp.sync.audience.audience_map import FormerAudience, KnownAudience
from crm_mailchimp.sync.audience.lost_audiences import SearchError
from crm_mailchimp.sync.audience.tags import CollectionTag
from crm_mailchimp.sync.decisions import member_plan, removal_guard, tag_plan
from crm_mailchimp.sync.decisions.member_plan import PlanCounts
from crm_mailchimp.sync.decisions.removal_guard import Blocked, GuardJudgement
from crm_mailchimp.sync.members import left_tags, tagging
from crm_mailchimp.sync.members.last_look import Recheck
from crm_mailchimp.sync.members.proofs import renew_proofs
from crm_mailchimp.sync.members.push import Push
from crm_mailchimp.sync.members.shared_recheck import SharedRecheck
from crm_mailchimp.sync.planner_statistics import refresh_statistics
from crm_mailchimp.sync.runs import after_a_loss, left_collections, tag_readings
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.sync.runs.shared_parts import CollectionPart, count_plans
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.warehouse.locks import second_audience_lock


@dataclass(frozen=True, kw_only=True)
class SharedRun(CollectionRun):
    """What the steps of a shared audience's run work with.

    Attributes:
        parts: its collections, as the staging has them.
        lost: tags of collections that were in it and are not in the CRM any more.
        waiting: tags of collections that have another audience, and are not there yet.
        read: ids of the tags whose members this run has read.
    """

    parts: Sequence[CollectionPart]
    lost: list[CollectionTag] = field(default_factory=list)
    waiting: list[CollectionTag] = field(default_factory=list)
    read: set[int] = field(default_factory=set)

    def leave_earlier_audience(self) -> None:
        """Look once more at audiences that collections had until now; commits.

        Those of their own become former audiences: what people refused there holds for the
        collection. The same holds for refusals in another audience that a collection shared.
        """
        for part in self.parts:
            run = self._run_of(part)
            self._leave(part, run.leave_earlier_audience)
            known = audience_map.find_known(self.warehouse, run.collection.collection_id)
            self.warehouse.commit()
            if known is not None:
                self._leave(part, partial(self._leave_own, run, known))

    def hold_back(self, collection: StagedCollection, error: SearchError) -> None:
        """Nobody gets the collection's tag: nobody knows where the collection was before."""
        for part in self.parts:
            if part.collection.collection_id == collection.collection_id:
                part.hold_back(error)

    def runs_of_parts(self) -> list[CollectionRun]:
        """A run for each collection, over the same connections and with the same progress."""
        return [self._run_of(part) for part in self.parts]

    def pull_back(self, audience: KnownAudience | FormerAudience, *, full: bool = False) -> None:
        """Bring members and tags up to date with an audience; commits."""
        if not isinstance(audience, KnownAudience):
            super().pull_back(audience, full=full)
            return
        if not self.collection.dry_run:
            self._join(audience.list_id)
            # Who was removed may have signed up since.
            left_tags.note_left(self.warehouse, audience.list_id)
        # A collection that leaves takes refusals along. Only a full listing shows who was deleted.
        full = full or self.is_full(audience) or left_collections.has_arrived(self, self.parts)
        super().pull_back(audience, full=full)
        self._find_lost_tags(audience.list_id)
        shared_id = self.collection.collection_id
        known = tags.read_tags(self.warehouse, shared_id)
        staged = [part.collection.collection_id for part in self.parts]
        # What is done by hand to the tag of a collection that waits is news for the collection.
        known += tags.find_waiting(self.warehouse, audience.list_id, shared_id, staged)
        look = tags.look_at_tags(
            self.warehouse,
            self.provider,
            audience.list_id,
            known,
            full=full,
            wanted=self._names(),
        )
        self.read.update(look.read)
        lost_tags.drop_deleted(self.warehouse, known)
        self.progress.notes += lost_tags.words_of_unknown(known)
        for part in self.parts:
            several = lost_tags.several_tags_of(part.collection, known)
            # Who is held back has not taken its tag back yet.
            if several is not None and not part.is_held_back:
                part.block("tag_by_hand", several)
            found = look.by_hand.get(part.collection.collection_id)
            if found is not None:
                part.note_found(found, audience.list_id)

    def make_plan(self, list_id: str | None) -> None:
        """Plan the tags of each collection, then the members of the audience; commits."""
        self._plan_members(list_id, only_due=False)
        self._hold_back_unseen(list_id)
        self.progress.is_planned = True

    def make_due_plan(self, list_id: str, gdpr_category: str | None) -> PlanCounts:
        """Plan what is due, by the categories of the collections; commits."""
        self._plan_members(list_id, only_due=True)
        return self.progress.planned

    def push_to(self, list_id: str, gdpr_category: str | None) -> Push:
        """A push to the audience: one of the collections has to want each member."""
        push = super().push_to(list_id, gdpr_category)
        rechecks: dict[int, Recheck] = {}
        for part in self.parts:
            recheck = self._push_of(part, list_id).recheck
            if isinstance(recheck, Recheck):
                rechecks[part.collection.collection_id] = recheck
        return push.judged_by(
            SharedRecheck(
                crm=self.crm,
                warehouse=self.warehouse,
                digester=self.digester,
                staging_id=self.collection.staging_id,
                collections=rechecks,
            )
        )

    def push_due_tags(self, list_id: str, *, with_leaving: bool = False) -> None:
        """Take the tags that nothing keeps, those of collections that are gone too; commits.

        What is due goes first. Who is about to be archived loses tags, too: Mailchimp keeps them.
        """
        of_lost = left_collections.with_parts(self, self.lost, self.waiting)
        taking = [
            (part, tag)
            for part, tag in (*self._with_tags(), *of_lost)
            if member_plan.planned(part.planned, "untag")
        ]
        if taking:
            self.require_own(list_id)
        leaving = with_leaving and self.planned("archive") > 0
        self._push_each(taking, partial(self._take, with_leaving=leaving))
        for part, tag in of_lost:
            self.progress.failed += part.failed
            self.progress.due_notes += left_collections.words_of_taken(part, tag)

    def prepare_returns(self, push: Push) -> None:
        """Take tags that nobody may come back with, and note those to be given; commits.

        A collection that is inactive, blocked or broken looks after its tag no more.
        """
        self._join(push.list_id)
        owing = [part for part in self.parts if part.is_judged and part.planned_tags]
        owed_tags.note_owed(
            self.warehouse, push.list_id, [part.collection.collection_id for part in owing]
        )
        known = tags.read_tags(self.warehouse, self.collection.collection_id)
        self.warehouse.commit()
        left_tags.take_left(push, [*known, *self.waiting])

    def push_tags(self, list_id: str) -> None:
        """Take and give tags as each collection's plan says, once members are there; commits."""
        self._join(list_id)
        if any(self.progress.counts[name] for name in ("added", "updated", "removed")):
            refresh_statistics(self.warehouse)
        self._push_each([one for one in self._with_tags() if one[0].is_judged], self._push_part)

    def _push_each(
        self,
        tags_of_parts: Sequence[tuple[CollectionPart, CollectionTag]],
        push_part: Callable[[CollectionPart, CollectionTag], None],
    ) -> None:
        for part, known in tags_of_parts:
            calls = self.provider.calls
            try:
                push_part(part, known)
                self.watch.note_answer()
            except ProviderError as error:
                self.warehouse.rollback()
                self.watch.note_failure(error, part.collection.collection_id)
                part.failed.append(error)
            part.counts["api_calls"] += self.provider.calls - calls

    def _push_part(self, part: CollectionPart, known: CollectionTag) -> None:
        # Members were added, brought back and removed since the plan.
        self._plan_tags(part, known.list_id, only_due=False)
        tag_plan.follow_members(
            self.warehouse,
            staging_id=self.collection.staging_id,
            shared_id=self.collection.collection_id,
            collection_ids=[one.collection.collection_id for one in self.parts],
        )
        left_tags.note_unwanted(self.warehouse, part.collection, known.list_id)
        self._take(part, known)
        has_failed = bool(part.failed)
        changed = tagging.change_tags(self._push_of(part, known.list_id), known)
        part.note_found(changed.found, known.list_id)
        part.note_missing(changed.not_shown)
        if part.judgement is not None and part.judgement.approved_plan is not None:
            if changed.took_all and not has_failed:
                removal_guard.note_carried_out(
                    self.warehouse, part.judgement.approved_plan, part.collection.run_id
                )
            self.warehouse.commit()
        if not part.failed:
            owed_tags.note_given(self.warehouse, known)
        renew_proofs(self.warehouse, part.collection, known.list_id)
        # Last: a name that it cannot get keeps nobody from what is planned.
        tag = tags.find_tag(self.warehouse, part.collection.collection_id)
        self.warehouse.commit()
        if tag is not None:
            tag_names.give_name(self.warehouse, self.provider, tag, self._names())

    def _take(
        self, part: CollectionPart, tag: CollectionTag, *, with_leaving: bool = False
    ) -> None:
        # Without a judgement nobody said who may leave.
        may_leave = with_leaving and part.judgement is not None and part.is_judged
        archived_from = self.collection.collection_id if may_leave else None
        push = self._push_of(part, tag.list_id)
        if isinstance(push.recheck, Recheck):
            push = replace(push, recheck=replace(push.recheck, refused_for=tag.collection_id))
        found = tagging.take_tags(push, tag, archived_from=archived_from)
        part.note_found(found, tag.list_id)

    def _with_tags(self) -> list[tuple[CollectionPart, CollectionTag]]:
        found = tags.read_tags(self.warehouse, self.collection.collection_id)
        known = {tag.collection_id: tag for tag in found}
        self.warehouse.commit()
        return [
            (part, known[part.collection.collection_id])
            for part in self.parts
            if part.collection.collection_id in known
        ]

    def _leave(self, part: CollectionPart, leave: Callable[[], None]) -> None:
        """A collection leaves the audience that it has until now; commits."""
        try:
            leave()
        except (ProviderError, PassingError) as error:
            self.warehouse.rollback()
            part.failed.append(error)
            part.is_held_back = True

    def _leave_own(self, run: CollectionRun, known: KnownAudience) -> None:
        # A gate that has the lock may send to all of the audience, until it is a former one.
        with second_audience_lock(self.warehouse, known.collection_code):
            run.look_for_the_last_time(known)
            # A preview puts the map back. It plans in this audience if that is the shared one now.
            if not self.collection.dry_run or known.list_id == self.collection.provider_list_id:
                collection_audience.retire(self.warehouse, run.collection.collection_id)
                self.warehouse.commit()

    def _names(self) -> dict[int, str]:
        """The name that each collection's tag is to have, by its id."""
        return {
            part.collection.collection_id: tags.tag_name(part.collection) for part in self.parts
        }

    def _join(self, list_id: str) -> None:
        joining = self._joining()
        lost_tags.take_back(self.warehouse, list_id, joining)
        tags.join(self.warehouse, list_id, self.collection.collection_id, joining)

    def _joining(self) -> list[StagedCollection]:
        joining = (one for one in self.parts if not one.waits_for_its_id and not one.is_held_back)
        return [part.collection for part in joining]

    def _find_lost_tags(self, list_id: str) -> None:
        """Find the audience's tags again after a loss of the sync state; commits."""
        if self.collection.dry_run:
            return
        held_back = after_a_loss.find_tags(self, list_id, self._joining())
        for part in self.parts:
            part.note_untagged(held_back.get(part.collection.collection_id, 0))

    def _plan_members(self, list_id: str | None, *, only_due: bool) -> None:
        staged = {part.collection.collection_id for part in self.parts}
        if list_id is not None and not self.collection.dry_run:
            left_tags.note_left(self.warehouse, list_id)
        self.lost[:], self.waiting[:] = left_collections.sort_left(self, self.parts, list_id)
        for part in self.parts:
            can_be_judged = part.collection.problem is None and not part.is_held_back
            self._plan_tags(part, list_id, only_due=only_due or not can_be_judged)
            if only_due or not can_be_judged:
                continue
            if tag_readings.read_before_giving(self, part, list_id, self.read):
                self._plan_tags(part, list_id, only_due=part.is_held_back)
            if not part.is_held_back:
                part.judgement = self._judge(part, list_id)
        for tag in self.lost:
            self._plan_tags(left_collections.part_of_lost(self, tag), list_id, only_due=True)
        for tag in self.waiting:
            part = left_collections.part_of_waiting(self, tag)
            self._plan_tags(part, list_id, only_due=True, tag_of=tag.collection_id)
        kept = [
            part.collection.collection_id for part in self.parts if only_due or not part.is_judged
        ]
        lost = [tag.collection_id for tag in self.lost]
        # If the tag is there, its members are known.
        away = (*self.lost, *self.waiting)
        unclear = [tag.collection_id for tag in away if tag.tag_id is None and tag.was_made]
        self.progress.planned = tag_plan.plan_members(
            self.warehouse,
            staging_id=self.collection.staging_id,
            shared_id=self.collection.collection_id,
            list_id=list_id,
            collection_ids=[*sorted(staged), *lost],
            kept_ids=[*kept, *lost],
            unclear_ids=[*kept, *unclear],
            waiting={tag.collection_id: left_collections.plan_id(tag) for tag in self.waiting},
            full_refresh=self.collection.full_refresh and not only_due,
            only_due=only_due,
            dry_run=self.collection.dry_run,
        )
        if self.collection.dry_run:
            count_plans(self.warehouse, self.parts)

    def _plan_tags(
        self,
        part: CollectionPart,
        list_id: str | None,
        *,
        only_due: bool,
        tag_of: int | None = None,
    ) -> None:
        part.planned = tag_plan.plan_tags(
            self.warehouse,
            staging_id=part.collection.staging_id,
            collection_id=part.collection.collection_id,
            list_id=list_id,
            gdpr_category=self._category_of(part, list_id),
            only_due=only_due,
            dry_run=part.collection.dry_run,
            tag_of=tag_of,
        )

    def _category_of(self, part: CollectionPart, list_id: str | None) -> str | None:
        """The collection's category; of one that has none now its last known one."""
        if part.collection.gdpr_category is not None:
            return part.collection.gdpr_category
        tag = tags.find_tag(self.warehouse, part.collection.collection_id)
        return tag.gdpr_category if tag is not None and tag.list_id == list_id else None

    def _judge(self, part: CollectionPart, list_id: str | None) -> GuardJudgement:
        earlier = part.judgement.approved_plan if part.judgement is not None else None
        try:
            found = removal_guard.judge_plan(
                self.warehouse,
                part.collection,
                list_id,
                limits=self.options.limits,
                approved_plan=self.options.approved_plan,
                valid_for=self.options.approval_valid,
                ask_again_after=self.options.ask_again_after,
            )
        except removal_guard.PlanNotApprovedError as error:
            self.warehouse.rollback()
            return GuardJudgement(Blocked("removal_guard", str(error)), None)
        if found.blocked is None and found.approved_plan is None:
            # Planned once more after its members were archived: the run carries the plan out.
            return replace(found, approved_plan=earlier)
        return found

    def _run_of(self, part: CollectionPart) -> CollectionRun:
        return CollectionRun(
            warehouse=self.warehouse,
            crm=self.crm,
            accounts=self.accounts,
            account=self.account,
            collection=part.collection,
            options=self.options,
            digester=self.digester,
            progress=self.progress,
        )

    def _push_of(self, part: CollectionPart, list_id: str) -> Push:
        push = self._run_of(part).push_to(list_id, self._category_of(part, list_id))
        return push.counted_by(part.counts, part.failed)
