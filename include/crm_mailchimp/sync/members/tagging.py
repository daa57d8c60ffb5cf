"""Tags of a shared audience are given and taken, as each collection's plan says."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from crm_mailchimp.crm import extract
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import deleted_tags, moved_tags, tag_names
from crm_mailchimp.sync.audience.tags import CollectionTag, FoundByHand
from crm_mailchimp.sync.decisions.planned_member import PAGE
from crm_mailchimp.sync.decisions.removal_guard import DUE_CAUSES
from crm_mailchimp.sync.members.aliases import address_keys, member_hashes
from crm_mailchimp.sync.members.push import TOGETHER, Push, pages, rechecked
from crm_mailchimp.sync.members.tag_calls import PlannedTag, TagStep, filled, send_changes
from crm_mailchimp.warehouse.key_lookups import index_order_now, key_lookups

log = logging.getLogger(__name__)


class TagsChanged(NamedTuple):
    """What came of a change of a collection's tag.

    Attributes:
        found: what somebody did by hand to the tag, if it was missing at a member that loses it.
        not_shown: members that Mailchimp did not show: they get the tag when they are seen again.
        took_all: no call failed that takes it.
    """

    found: FoundByHand
    not_shown: int
    took_all: bool


def change_tags(push: Push, tag: CollectionTag) -> TagsChanged:
    """Take the collection's tag where nothing is due, and give it; commits after each call.

    Consent is judged again right before each page. A tag that is missing is made with the first
    members. It is made without any if members are held back that may get it by hand.

    Args:
        push: of the collection to the shared audience.
        tag: with its id, if it has one. Who is to lose it at once has lost it (``take_tags``).
    """
    with key_lookups(push.warehouse):
        members = _planned_gives(push)
        if tag.tag_id is None:
            first = next(members, None)
            if first is None:
                # Somebody has to find it in Mailchimp to give it to members that are held back.
                if not tag.was_made and deleted_tags.has_held(push.warehouse, tag):
                    tag_names.make_collection_tag(push.warehouse, push.provider, tag, [])
                return TagsChanged(FoundByHand(0, 0), 0, took_all=True)
            tag, rest = _make(push, tag, first, _Giving(push, tag).record)
            members = chain([rest], members)
        if tag.tag_id is None:
            return TagsChanged(FoundByHand(0, 0), 0, took_all=True)
        taking = _Taking(push, tag, tag.tag_id)
        takes = taking.step(_planned_takes(push, tag, taking, [_Due(False)]))
        gives = _Giving(push, tag).step(members)
        send_changes(push, tag.tag_id, takes=takes, gives=gives)
    found = taking.find_moved(gives)
    return TagsChanged(found, gives.missing, took_all=not takes.unsure)


def take_tags(push: Push, tag: CollectionTag, *, archived_from: int | None = None) -> FoundByHand:
    """Take the collection's tag where nothing keeps it; commits after each call.

    Args:
        push: of the collection to the shared audience.
        tag: with its id.
        archived_from: after these the others that the plan of this shared audience archives, by its
            id among the collections. They fill up the last call. None: none of them.

    Returns:
        what somebody did by hand to the tag, if it was missing at a member.
    """
    if tag.tag_id is None:
        return FoundByHand(0, 0)
    which = [_Due(True)]
    if archived_from is not None:
        which.append(_Due(False, archived_from))
    with key_lookups(push.warehouse):
        taking = _Taking(push, tag, tag.tag_id)
        takes = taking.step(filled(_planned_takes(push, tag, taking, which)))
        gives = _Giving(push, tag).step(iter(()))
        send_changes(push, tag.tag_id, takes=takes, gives=gives)
    return taking.find_moved(gives)


class _Due(NamedTuple):
    """Which of the planned members lose the tag.

    Attributes:
        is_due: those that nothing keeps (``removal_guard.DUE_CAUSES``), or the others.
        archived_from: only those that the plan of this shared audience archives; None: all.
    """

    is_due: bool
    archived_from: int | None = None


@dataclass(frozen=True)
class _Giving:
    push: Push
    tag: CollectionTag

    @cached_property
    def name_now(self) -> str | None:
        # Mailchimp makes a tag of a name that it does not have. Another tag may have a former name.
        return tag_names.name_now(self.push.provider, self.tag)

    def step(self, planned: Iterator[list[PlannedTag]]) -> TagStep:
        return TagStep(planned=planned, one_by_one=self.one_by_one, record=self.record)

    def one_by_one(self, member: PlannedTag) -> bool:
        return self.name_now is not None and self.push.provider.give_tag(
            self.tag.list_id, self.name_now, member.subscriber_hash
        )

    def record(self, members: Sequence[PlannedTag]) -> None:
        self.push.warehouse.execute(
            statement("sync/record_tagged"),
            {
                "list_id": self.tag.list_id,
                "collection_id": self.tag.collection_id,
                "subscriber_hashes": [one.subscriber_hash for one in members],
                "contact_ids": [one.contact_id for one in members],
            },
        )
        self.push.counts["added"] += len(members)


@dataclass(frozen=True)
class _Taking:
    """How a tag is taken.

    Attributes:
        untouched: hashes of members. No call of ours may have taken their tag before.
        missing: of these, members that Mailchimp did not show with it.
        undecided: of these, members whose call failed after an answer without them.
    """

    push: Push
    tag: CollectionTag
    tag_id: int
    untouched: set[str] = field(default_factory=set)
    missing: list[PlannedTag] = field(default_factory=list)
    undecided: list[PlannedTag] = field(default_factory=list)

    def step(self, planned: Iterator[list[PlannedTag]]) -> TagStep:
        return TagStep(planned=planned, one_by_one=self.one_by_one, record=self.record)

    def one_by_one(self, member: PlannedTag) -> bool:
        is_untouched = member.subscriber_hash in self.untouched
        try:
            is_taken = self.push.provider.take_tag(
                self.tag.list_id, self.tag_id, member.subscriber_hash
            )
        except ProviderError:
            # An answer showed already that the call for many did not take it.
            if is_untouched and member.address_key is not None:
                moved_tags.note_untaken(self.push.warehouse, self.tag, [member.subscriber_hash])
                self.push.warehouse.commit()
                self.undecided.append(member)
            raise
        if is_taken or not is_untouched:
            return True
        moved_tags.note_untaken(self.push.warehouse, self.tag, [member.subscriber_hash])
        self.missing.append(member)
        return False

    def record(self, members: Sequence[PlannedTag]) -> None:
        self.push.warehouse.execute(
            statement("sync/record_untagged"),
            {
                "list_id": self.tag.list_id,
                "collection_id": self.tag.collection_id,
                "collection_code": self.tag.collection_code,
                "subscriber_hashes": [one.subscriber_hash for one in members],
            },
        )
        self.push.counts["removed"] += len(members)

    def find_moved(self, gives: TagStep) -> FoundByHand:
        """Look for the tag elsewhere if it was missing at a member; commits.

        Args:
            gives: members that got it since, or may have.
        """
        if not self.missing and not self.undecided:
            return FoundByHand(0, 0)
        found = moved_tags.find_moved(
            self.push.warehouse,
            self.push.provider,
            self.tag,
            self.tag_id,
            given=[one.subscriber_hash for one in gives.done],
            unsure=[one.subscriber_hash for one in gives.unsure],
        )
        if found is None:
            with key_lookups(self.push.warehouse):
                for cause, hashes in _by_cause([*self.missing, *self.undecided]).items():
                    _note_leaving(self.push, self.tag, hashes, cause)
                self.record(self.missing)
                self.push.warehouse.commit()
        return found or FoundByHand(0, 0)


def _planned_gives(push: Push) -> Iterator[list[PlannedTag]]:
    for page in pages(push, lambda after: _read(push, "tag", after, _Due(True))):
        if members := rechecked(push, page, push.recheck.still_eligible):
            yield members


def _planned_takes(
    push: Push, tag: CollectionTag, taking: _Taking, which: Sequence[_Due]
) -> Iterator[list[PlannedTag]]:
    def pages_of(due: _Due) -> Iterator[list[PlannedTag]]:
        return pages(push, lambda after: _read(push, "untag", after, due))

    for page in chain.from_iterable(map(pages_of, which)):
        members = rechecked(push, page, push.recheck.still_to_remove)
        if not members:
            continue
        members = _with_addresses(push, members)
        for cause, hashes in _by_cause(members).items():
            taking.untouched.update(_note_leaving(push, tag, hashes, cause))
        push.warehouse.commit()
        yield members


def _by_cause(members: Sequence[PlannedTag]) -> dict[str | None, list[str]]:
    by_cause = defaultdict(list)
    for one in members:
        by_cause[one.cause].append(one.subscriber_hash)
    return by_cause


def _note_leaving(
    push: Push, tag: CollectionTag, hashes: Sequence[str], cause: str | None
) -> list[str]:
    """Note the members that are about to lose the tag; no commit.

    Returns:
        those where no call of ours may have taken it before.
    """
    return read_values(
        push.warehouse,
        str,
        statement("sync/note_leaving"),
        {
            "list_id": tag.list_id,
            "collection_id": tag.collection_id,
            "subscriber_hashes": list(hashes),
            "cause": cause,
        },
    )


def _with_addresses(push: Push, members: Sequence[PlannedTag]) -> list[PlannedTag]:
    """Look up addresses that the staging does not have; it has nobody who is in no collection."""
    unknown = [
        one.contact_id
        for one in members
        if one.address_key is None and one.contact_id is not None and not one.has_changed_address
    ]
    if not unknown:
        return list(members)
    present = extract.present_contacts(push.recheck.crm, unknown, collection_id=None)
    keys = address_keys(present)
    hashes = member_hashes(push.warehouse, keys, list_id=None)
    return [
        replace(one, address_key=keys[one.contact_id])
        if one.address_key is None
        and one.contact_id is not None
        and hashes.get(one.contact_id) == one.subscriber_hash
        else one
        for one in members
    ]


def _make(
    push: Push,
    tag: CollectionTag,
    planned: Sequence[PlannedTag],
    record: Callable[[Sequence[PlannedTag]], None],
) -> tuple[CollectionTag, list[PlannedTag]]:
    """Make the tag with as many members as one call takes.

    Returns:
        the tag with its id, and the planned members that do not have it yet.
    """
    first = [one for one in planned if one.address_key is not None][:PAGE]
    made, has_all = tag_names.make_collection_tag(
        push.warehouse, push.provider, tag, [str(one.address_key) for one in first]
    )
    if not has_all and made.tag_id is not None:
        shown = {one.subscriber_hash for one in push.provider.tag_members(tag.list_id, made.tag_id)}
        first = [one for one in first if one.subscriber_hash in shown]
    if first:
        record(first)
    push.store_progress()
    push.warehouse.commit()
    done = {one.subscriber_hash for one in first}
    return made, [one for one in planned if one.subscriber_hash not in done]


def _read(push: Push, action: str, after: str, due: _Due) -> list[PlannedTag]:
    with index_order_now(push.warehouse):
        return read_rows(
            push.warehouse,
            PlannedTag,
            statement("sync/next_planned_tags"),
            {
                "staging_id": push.collection.staging_id,
                "collection_id": push.collection.collection_id,
                "list_id": push.list_id,
                "action": action,
                "is_due": due.is_due,
                "due_causes": list(DUE_CAUSES),
                "archived_from": due.archived_from,
                "after": after,
                "page": TOGETHER,
            },
        )
