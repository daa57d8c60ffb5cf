"""Tags of a shared audience are given and taken, as each collection's plan says."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.crm import extract
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import deleted_tags, moved_tags, tag_names
from crm_mailchimp.sync.audience.tags import CollectionTag, FoundByHand
from crm_mailchimp.sync.decisions.planned_member import PAGE, PlannedMember
from crm_mailchimp.sync.decisions.removal_guard import DUE_CAUSES
from crm_mailchimp.sync.members.aliases import address_keys, member_hashes
from crm_mailchimp.sync.members.push import TOGETHER, Push, pages, rechecked
from crm_mailchimp.tag_provider import TagChange, TagOutcome
from crm_mailchimp.warehouse.key_lookups import index_order_now, key_lookups

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PlannedTag(PlannedMember):
    """A member that gets a tag or loses it.

    Attributes:
        address_key: None: the member's address in Mailchimp is not known, only its id.
    """

    address_key: str | None = field(repr=False)


def give_tags(push: Push, tag: CollectionTag) -> int:
    """Give the planned members their collection's tag; commits after each call.

    Consent is judged again right before each page. A tag that is missing is made with the first
    members. It is made without any if members are held back that may get it by hand.

    Args:
        push: of the collection to the shared audience.
        tag: with its id, if it has one.

    Returns:
        members that Mailchimp did not show: they get the tag when they are seen again.
    """

    def record(members: Sequence[PlannedTag]) -> None:
        push.warehouse.execute(
            statement("sync/record_tagged"),
            {
                "list_id": tag.list_id,
                "collection_id": tag.collection_id,
                "subscriber_hashes": [one.subscriber_hash for one in members],
                "contact_ids": [one.contact_id for one in members],
            },
        )
        push.counts["added"] += len(members)

    @cache
    def name_now() -> str | None:
        # Mailchimp makes a tag of a name that it does not have. Another tag may have a former name.
        return tag_names.name_now(push.provider, tag)

    def one_by_one(member: PlannedTag) -> bool:
        name = name_now()
        return name is not None and push.provider.give_tag(
            tag.list_id, name, member.subscriber_hash
        )

    def planned() -> Iterator[list[PlannedTag]]:
        for page in pages(push, lambda after: _read(push, "tag", after, due=True)):
            if members := rechecked(push, page, push.recheck.still_eligible):
                yield members

    def change(addresses: list[str]) -> TagChange:
        return TagChange(add=addresses)

    with key_lookups(push.warehouse):
        members = planned()
        if tag.tag_id is None:
            first = next(members, None)
            if first is None:
                # Somebody has to find it in Mailchimp to give it to members that are held back.
                if not tag.was_made and deleted_tags.has_held(push.warehouse, tag):
                    tag_names.make_collection_tag(push.warehouse, push.provider, tag, [])
                return 0
            tag, rest = _make(push, tag, first, record)
            members = chain([rest], members)
        return _send(push, tag, members, change, one_by_one, record)


def take_tags(
    push: Push, tag: CollectionTag, *, due: bool, archived_from: int | None = None
) -> FoundByHand:
    """Take the collection's tag from the planned members; commits after each call.

    Args:
        push: of the collection to the shared audience.
        tag: with its id.
        due: those that nothing keeps (``removal_guard.DUE_CAUSES``), or the others.
        archived_from: only members that the plan of this shared audience archives, by its id among
            the collections. None: all of them.

    Returns:
        what somebody did by hand to the tag, if it was missing at a member.
    """
    tag_id = tag.tag_id
    if tag_id is None:
        return FoundByHand(0, 0)
    untouched: set[str] = set()
    missing: list[PlannedTag] = []
    undecided: list[PlannedTag] = []

    def record(members: Sequence[PlannedTag]) -> None:
        push.warehouse.execute(
            statement("sync/record_untagged"),
            {
                "list_id": tag.list_id,
                "collection_id": tag.collection_id,
                "collection_code": tag.collection_code,
                "subscriber_hashes": [one.subscriber_hash for one in members],
            },
        )
        push.counts["removed"] += len(members)

    def one_by_one(member: PlannedTag) -> bool:
        is_untouched = member.subscriber_hash in untouched
        try:
            is_taken = push.provider.take_tag(tag.list_id, tag_id, member.subscriber_hash)
        except ProviderError:
            # An answer showed already that the call for many did not take it.
            if is_untouched and member.address_key is not None:
                moved_tags.note_untaken(push.warehouse, tag, [member.subscriber_hash])
                push.warehouse.commit()
                undecided.append(member)
            raise
        if is_taken or not is_untouched:
            return True
        moved_tags.note_untaken(push.warehouse, tag, [member.subscriber_hash])
        missing.append(member)
        return False

    def planned() -> Iterator[list[PlannedTag]]:
        for page in pages(
            push, lambda after: _read(push, "untag", after, due=due, archived_from=archived_from)
        ):
            members = rechecked(push, page, push.recheck.still_to_remove)
            if not members:
                continue
            members = _with_addresses(push, members)
            for cause, hashes in _by_cause(members).items():
                untouched.update(_note_leaving(push, tag, hashes, cause))
            push.warehouse.commit()
            yield members

    def change(addresses: list[str]) -> TagChange:
        return TagChange(remove=addresses)

    with key_lookups(push.warehouse):
        _send(push, tag, planned(), change, one_by_one, record)
    if not missing and not undecided:
        return FoundByHand(0, 0)
    found = moved_tags.find_moved(push.warehouse, push.provider, tag, tag_id)
    if found is None:
        with key_lookups(push.warehouse):
            for cause, hashes in _by_cause([*missing, *undecided]).items():
                _note_leaving(push, tag, hashes, cause)
            record(missing)
            push.warehouse.commit()
    return found or FoundByHand(0, 0)


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


def _read(
    push: Push, action: str, after: str, *, due: bool, archived_from: int | None = None
) -> list[PlannedTag]:
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
                "is_due": due,
                "due_causes": list(DUE_CAUSES),
                "archived_from": archived_from,
                "after": after,
                "page": TOGETHER,
            },
        )


def _send(
    push: Push,
    tag: CollectionTag,
    planned: Iterator[list[PlannedTag]],
    change: Callable[[list[str]], TagChange],
    one_by_one: Callable[[PlannedTag], bool],
    record: Callable[[Sequence[PlannedTag]], None],
) -> int:
    """Send pages, and members without a known address by their ids.

    Returns:
        members that Mailchimp did not show.
    """
    if tag.tag_id is None:
        return 0
    unknown: list[PlannedTag] = []

    def ready() -> Iterator[tuple[list[PlannedTag], TagChange]]:
        for members in planned:
            known = [one for one in members if one.address_key is not None]
            unknown.extend(one for one in members if one.address_key is None)
            for start in range(0, len(known), PAGE):
                part = known[start : start + PAGE]
                yield part, change([str(one.address_key) for one in part])

    for part, outcome in push.provider.change_tag_members(push.list_id, tag.tag_id, ready()):
        if isinstance(outcome, ProviderError):
            push.watch.note_failure(outcome, part[0].subscriber_hash)
            push.failed.append(outcome)
            continue
        push.watch.note_answer()
        refused = _refused(part, outcome)
        unknown.extend(refused)
        done = [one for one in part if one not in refused]
        if done:
            record(done)
        push.store_progress()
        push.warehouse.commit()
    missing = 0
    for member in unknown:
        try:
            is_there = one_by_one(member)
        except ProviderError as error:
            push.watch.note_failure(error, member.subscriber_hash)
            push.failed.append(error)
            continue
        push.watch.note_answer()
        if is_there:
            record([member])
        missing += not is_there
        push.store_progress()
        push.warehouse.commit()
    return missing


def _refused(part: Sequence[PlannedTag], outcome: TagOutcome) -> list[PlannedTag]:
    hashes = {subscriber_hash(address) for address in outcome.refused}
    return [
        one
        for one in part
        if one.address_key in outcome.refused or subscriber_hash(one.address_key or "") in hashes
    ]
