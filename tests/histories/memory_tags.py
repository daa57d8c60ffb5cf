"""Tags of an account in memory, as the provider's protocol has them (``TagProvider``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.mailchimp.errors import BadRequest, NotFound
from crm_mailchimp.tag_provider import K, Tag, TagChange, TagMember, TagOutcome
from histories import mailchimp_memory as far
from histories.mailchimp_memory import Refused, subscriber_hash
from histories.memory_line import MemoryConnection

#: Statuses that Mailchimp shows beside a tag.
SHOWN = ("subscribed", "unsubscribed", "cleaned", "transactional")


class MemoryTags(MemoryConnection):
    """The part of a connection that is about tags."""

    def tags(self, list_id: str) -> Iterator[Tag]:
        self._read("tags", list_id)
        audience = self._audience(list_id)
        for number in list(audience.tags):
            yield _tag(audience, number)

    def create_tag(self, list_id: str, name: str, addresses: Sequence[str] = ()) -> Tag:
        loss = self._begin("create_tag", list_id)
        audience = self._audience(list_id)
        try:
            made = _tag(audience, self._account.make_tag(audience, name))
        except Refused as refused:
            raise _taken() from refused
        given = {
            subscriber_hash(one)
            for one in addresses
            if self._account.give_tag(audience, made.tag_id, subscriber_hash(one), by_address=True)
        }
        made = _tag(audience, made.tag_id)
        self._lost(loss, "segments")
        self._line.gave_tag(list_id, name, list(given))
        return made

    def rename_tag(self, list_id: str, tag_id: int, name: str) -> Tag:
        loss = self._begin("rename_tag", list_id)
        audience = self._tag_of(list_id, tag_id)
        if audience.tag(name) not in (None, tag_id):
            raise _taken()
        audience.tags[tag_id] = name
        self._lost(loss, "segments")
        return _tag(audience, tag_id)

    def tag_members(self, list_id: str, tag_id: int) -> Iterator[TagMember]:
        self._read("tag_members", list_id)
        audience = self._tag_of(list_id, tag_id)
        carrying = audience.tagged(tag_id, *SHOWN)
        self._line.saw_tag(list_id, audience.tags[tag_id], [one.address for one in carrying])
        for one in carrying:
            yield TagMember(subscriber_hash=one.hash, status=one.status)

    def change_tag_members(
        self, list_id: str, tag_id: int, pages: Iterable[tuple[K, TagChange]]
    ) -> Iterator[tuple[K, TagOutcome | ProviderError]]:
        for key, change in pages:
            yield key, self._change_tag(list_id, tag_id, change)

    def _change_tag(self, list_id: str, tag_id: int, change: TagChange) -> TagOutcome:
        loss = self._begin("change_tag", list_id)
        name = self._tag_of(list_id, tag_id).tags[tag_id]
        self._line.takes_tag(list_id, name, [subscriber_hash(one) for one in change.remove])
        for _ in range(2 if loss == "again" else 1):
            audience, account = self._tag_of(list_id, tag_id), self._account
            added = {
                one
                for one in change.add
                if account.give_tag(audience, tag_id, subscriber_hash(one), by_address=True)
            }
            removed = {
                one
                for one in change.remove
                if account.take_tag(audience, tag_id, subscriber_hash(one), by_address=True)
            }
        self._lost(loss, "segments")
        self._line.gave_tag(list_id, name, [subscriber_hash(one) for one in added])
        return TagOutcome(
            added=frozenset(map(subscriber_hash, added)),
            removed=frozenset(map(subscriber_hash, removed)),
            refused=frozenset({*change.add, *change.remove} - added - removed),
        )

    def give_tag(self, list_id: str, name: str, subscriber_hash: str) -> bool:
        loss = self._begin("give_tag", list_id)
        audience = self._audience(list_id)
        done = subscriber_hash in audience.members
        if done:
            tag_id = audience.tag(name) or self._account.make_tag(audience, name)
            self._account.give_tag(audience, tag_id, subscriber_hash, by_address=False)
        self._lost(loss, "tags")
        if done:
            self._line.gave_tag(list_id, name, [subscriber_hash])
        return done

    def take_tag(self, list_id: str, tag_id: int, subscriber_hash: str) -> bool:
        loss = self._begin("take_tag", list_id)
        if tag_id in self._audience(list_id).tags:
            name = self._audience(list_id).tags[tag_id]
            self._line.takes_tag(list_id, name, [subscriber_hash])
        is_taken = self._account.take_tag(self._audience(list_id), tag_id, subscriber_hash)
        self._lost(loss, "segments")
        return is_taken

    def _tag_of(self, list_id: str, tag_id: int) -> far.Audience:
        audience = self._audience(list_id)
        if tag_id not in audience.tags:
            path = "/lists/{list_id}/segments/{segment_id}"
            raise NotFound(method="GET", path=path, status=404, title="Not found")
        return audience


def _taken() -> BadRequest:
    words = "name: Sorry, that tag already exists."
    return BadRequest(status=400, title="Invalid Resource", detail=words)


def _tag(audience: far.Audience, tag_id: int) -> Tag:
    count = len(audience.tagged(tag_id, "subscribed"))
    return Tag(tag_id=tag_id, name=audience.tags[tag_id], member_count=count)
