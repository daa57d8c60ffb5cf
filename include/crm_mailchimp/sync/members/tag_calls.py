"""Calls that change a collection's tag: many members a call, and single members by their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.sync.decisions.planned_member import PAGE, PlannedMember
from crm_mailchimp.sync.members.push import Push
from crm_mailchimp.tag_provider import TagChange, TagOutcome


@dataclass(frozen=True, kw_only=True)
class PlannedTag(PlannedMember):
    """A member that gets a tag or loses it.

    Attributes:
        address_key: None: the member's address in Mailchimp is not known, only its id.
    """

    address_key: str | None = field(repr=False)


@dataclass(kw_only=True)
class TagStep:
    """Members that get a tag, or that lose it.

    Attributes:
        planned: the members. Each page is looked up when it is taken.
        one_by_one: sends one member by its id; False: Mailchimp does not show the member so.
        record: notes members that are done.
        done: members that are done.
        unsure: members whose call failed: nobody knows if it reached Mailchimp.
        single: members that are sent one by one.
        missing: how many of these Mailchimp did not show.
    """

    planned: Iterator[list[PlannedTag]]
    one_by_one: Callable[[PlannedTag], bool]
    record: Callable[[Sequence[PlannedTag]], None]
    done: list[PlannedTag] = field(default_factory=list)
    unsure: list[PlannedTag] = field(default_factory=list)
    single: list[PlannedTag] = field(default_factory=list)
    missing: int = 0

    def calls(self) -> Iterator[list[PlannedTag]]:
        """Members with a known address, as many as a call takes. The others become single."""
        for members in self.planned:
            self.single += [one for one in members if one.address_key is None]
            known = [one for one in members if one.address_key is not None]
            for start in range(0, len(known), PAGE):
                yield known[start : start + PAGE]

    def note_done(self, members: Sequence[PlannedTag]) -> None:
        """Note that members are done; no commit."""
        if members:
            self.record(members)
            self.done += members


class _Call(NamedTuple):
    takes: list[PlannedTag]
    gives: list[PlannedTag]

    @property
    def change(self) -> TagChange:
        return TagChange(add=_addresses(self.gives), remove=_addresses(self.takes))


def send_changes(push: Push, tag_id: int, *, takes: TagStep, gives: TagStep) -> None:
    """Take a tag from members, then give it to others; commits after each call.

    The last call that takes it gives it, too. A failure stops nobody else.
    """

    def ready() -> Iterator[tuple[_Call, TagChange]]:
        for call in _calls(takes, gives):
            yield call, call.change

    for call, outcome in push.provider.change_tag_members(push.list_id, tag_id, ready()):
        parts = ((takes, call.takes), (gives, call.gives))
        if isinstance(outcome, ProviderError):
            push.watch.note_failure(outcome, [*call.takes, *call.gives][0].subscriber_hash)
            push.failed.append(outcome)
            for step, part in parts:
                step.unsure += part
            continue
        push.watch.note_answer()
        for step, part in parts:
            refused = _refused(part, outcome)
            step.single += refused
            step.note_done([one for one in part if one not in refused])
        push.store_progress()
        push.warehouse.commit()
    for step in (takes, gives):
        _send_single(push, step)


def filled(planned: Iterable[list[PlannedTag]]) -> Iterator[list[PlannedTag]]:
    """The same members in full calls; only the last one may have fewer."""
    waiting: list[PlannedTag] = []
    for members in planned:
        waiting += members
        full = len(waiting) // PAGE * PAGE
        if full:
            yield waiting[:full]
            waiting = waiting[full:]
    if waiting:
        yield waiting


def _calls(takes: TagStep, gives: TagStep) -> Iterator[_Call]:
    last: list[PlannedTag] = []
    taken: set[str] = set()
    for part in takes.calls():
        if last:
            yield _Call(last, [])
        last = part
        taken.update(_addresses(part))
    for part in gives.calls():
        # One address may lead to two members. Calls run side by side, so it is given after all of
        # them.
        gives.single += [one for one in part if str(one.address_key) in taken]
        if others := [one for one in part if str(one.address_key) not in taken]:
            yield _Call(last, others)
            last = []
    if last:
        yield _Call(last, [])


def _send_single(push: Push, step: TagStep) -> None:
    for member in step.single:
        try:
            is_there = step.one_by_one(member)
        except ProviderError as error:
            push.watch.note_failure(error, member.subscriber_hash)
            push.failed.append(error)
            step.unsure.append(member)
            continue
        push.watch.note_answer()
        if is_there:
            step.note_done([member])
        step.missing += not is_there
        push.store_progress()
        push.warehouse.commit()


def _addresses(members: Sequence[PlannedTag]) -> list[str]:
    return [str(one.address_key) for one in members]


def _refused(part: Sequence[PlannedTag], outcome: TagOutcome) -> list[PlannedTag]:
    hashes = {subscriber_hash(address) for address in outcome.refused}
    return [
        one
        for one in part
        if one.address_key in outcome.refused or subscriber_hash(one.address_key or "") in hashes
    ]
