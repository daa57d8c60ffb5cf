"""The part of the seam about tags: marks on members of an audience, known by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from crm_mailchimp.errors import ProviderError

K = TypeVar("K")


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A tag of an audience.

    Attributes:
        tag_id: the provider's id; it stays when the name changes.
        member_count: subscribed members that carry it.
    """

    tag_id: int
    name: str
    member_count: int


@dataclass(frozen=True, kw_only=True)
class TagMember:
    """A member that carries a tag, whatever its status; archived and pending ones are not shown."""

    subscriber_hash: str = field(repr=False)
    status: str


@dataclass(frozen=True, kw_only=True)
class TagChange:
    """Addresses of members that get a tag and that lose it, at most 500 each."""

    add: Sequence[str] = field(default=(), repr=False)
    remove: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class TagOutcome:
    """Answer to one change of a tag's members.

    Attributes:
        added: subscriber hashes of members that got the tag.
        removed: the same of members that lost it.
        refused: the other addresses: nobody knows why the answer does not show them.
    """

    added: frozenset[str] = field(repr=False)
    removed: frozenset[str] = field(repr=False)
    refused: frozenset[str] = field(repr=False)


class TagProvider(Protocol):
    """Tags of the audiences of one account; errors as for ``AudienceProvider``."""

    def tags(self, list_id: str) -> Iterator[Tag]:
        """All tags of an audience."""
        ...

    def create_tag(self, list_id: str, name: str, addresses: Sequence[str] = ()) -> Tag:
        """Make a tag with members, at most 500; who is not subscribed is passed over. If all are,
        it is refused. Never repeated after a lost answer: look for it first."""
        ...

    def rename_tag(self, list_id: str, tag_id: int, name: str) -> Tag: ...
    def tag_members(self, list_id: str, tag_id: int) -> Iterator[TagMember]: ...
    def change_tag_members(
        self, list_id: str, tag_id: int, pages: Iterable[tuple[K, TagChange]]
    ) -> Iterator[tuple[K, TagOutcome | ProviderError]]:
        """Give and take a tag, side by side where the account allows it. A page is taken when it
        can be sent at once. A page whose call may succeed later comes with its error. Any other
        error ends the calls."""
        ...

    def give_tag(self, list_id: str, name: str, subscriber_hash: str) -> bool:
        """Give one member a tag; False where the audience has no such member."""
        ...

    def take_tag(self, list_id: str, tag_id: int, subscriber_hash: str) -> bool:
        """Take a tag from one member; False if Mailchimp does not show the member with it."""
        ...
