"""Audiences that several collections share (``crm.contact_collection.shared_audience``).

A shared audience is staged beside its collections, with a row of its own. Its members are the
people of all of them. A tag tells the members of one collection from the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.crm.collections import (
    Collection,
    UnknownCollectionError,
    read_collections,
)
from crm_mailchimp.marketing_permissions import plain_text
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.made_up_ids import SHARED_AUDIENCES
from crm_mailchimp.sync.staging.staged_collection import Problem

#: What the code of a shared audience begins with. Its name follows.
PREFIX = "shared:"


@dataclass(frozen=True, kw_only=True)
class SharedAudience:
    """An audience with its collections, in the order of their ids.

    Attributes:
        shared_id: its id among the collections. It depends on the name and the account alone: so
            it is the same after a loss of the warehouse.
        code: names it where collections have their codes.
        name: what the CRM calls it, and what it is called in Mailchimp.
        unreadable: collections that share it too, and whose rows cannot be read.
        known_list_id: the audience in Mailchimp; None: it is not known yet.
        tagged_ids: collections that have a tag there already.
        keeps_fields: it goes on with additional fields, because a collection wants them that is
            inactive or cannot be read.
    """

    shared_id: int
    code: str
    name: str
    collections: tuple[Collection, ...]
    unreadable: tuple[Collection, ...] = ()
    known_list_id: str | None = None
    tagged_ids: frozenset[int] = frozenset()
    keeps_fields: bool = False

    @property
    def has_fields(self) -> bool:
        """Whether its members have additional fields: a member has one value in a field."""
        return self.keeps_fields or any(one.sync_merge_fields for one in self.collections)

    def as_collection(self, problems: Mapping[str, Problem | None]) -> Collection:
        """The row of the audience itself, with the sender of its first complete collection.

        Args:
            problems: what keeps collections from being synced, by code.
        """
        first = min(
            self.collections,
            key=lambda one: (
                problems.get(one.code) is not None,
                bool(one.missing_settings or one.wrong_country),
                one.collection_id,
            ),
        )
        linked = self._linked(problems)
        return replace(
            first,
            collection_id=self.shared_id,
            code=self.code,
            description=self.name,
            comments=None,
            is_static=True,
            query_text=None,
            sync_merge_fields=self.has_fields,
            provider_list_id=linked[0] if linked else None,
            shared_audience=self.name,
            # Each collection says for its own contacts whether they are asked first.
            confirm_new_members=False,
            campaign_type=None,
            gdpr_category=None,
            unreadable=None,
        )

    def problem(self, problems: Mapping[str, Problem | None]) -> Problem | None:
        """Why the audience cannot be synced, if so.

        Args:
            problems: what keeps collections from being synced, by code.
        """
        found = [problem for one in self.collections if (problem := problems.get(one.code))]
        if len(found) == len(self.collections):
            return found[0]
        sound = self._sound(problems)
        if len({plain_text(one.marketing_permission or "") for one in sound}) > 1:
            named = ", ".join(f"{one.code}: {one.marketing_permission or 'none'}" for one in sound)
            return Problem(
                "shared_audience_conflict",
                "blocked",
                f"the collections that share the audience {self.name} name different marketing "
                f"permissions ({named}), and a member gives one. Enter the same in "
                "crm.contact_collection.marketing_permission of all",
            )
        linked = self._linked(problems)
        if len(linked) < 2:
            return None
        return Problem(
            "shared_audience_conflict",
            "blocked",
            f"the collections that share the audience {self.name} name several audiences of "
            f"Mailchimp ({', '.join(linked)}). Enter one of them in "
            "crm.contact_collection.provider_list_id of all, or leave it empty",
        )

    def problems_of_joining(self) -> dict[int, Problem]:
        """Collections that join it and name another audience of Mailchimp, by id.

        Nobody moves the people of all collections by an entry that one of them has had before.
        """
        tagged = [one for one in self.collections if one.collection_id in self.tagged_ids]
        if self.known_list_id is None or not tagged or _named(tagged):
            return {}
        return {
            one.collection_id: Problem(
                "shared_audience_conflict",
                "blocked",
                f"it names audience {one.provider_list_id}, and the collections that share "
                f"{self.name} use audience {self.known_list_id}. Empty "
                "crm.contact_collection.provider_list_id of this collection. Or, to move all of "
                "them, enter its audience in a collection that is in the shared one already",
            )
            for one in self.collections
            if one.collection_id not in self.tagged_ids
            and one.provider_list_id
            and one.provider_list_id != self.known_list_id
        }

    def _sound(self, problems: Mapping[str, Problem | None]) -> list[Collection]:
        """The collections that can be synced: what the others say stops nobody."""
        return [one for one in self.collections if problems.get(one.code) is None]

    def _linked(self, problems: Mapping[str, Problem | None]) -> list[str]:
        """The audiences that the CRM names.

        If no collection that can be synced names any, those of the others count. Without that, the
        others would get a new audience, and lose it when the collection is mended. A row that
        cannot be read moves nobody: it counts as long as no audience is known.
        """
        refused = self.problems_of_joining()
        counted = [one for one in self.collections if one.collection_id not in refused]
        named = _named(self._sound(problems)) or _named(counted)
        if named or self.known_list_id is not None:
            return named
        return _named(self.unreadable)


def read_chosen(
    crm: Connection[Any], codes: Sequence[str]
) -> tuple[list[Collection], list[SharedAudience]]:
    """The collections of a run, and the audiences that some of them share.

    Who leaves a shared audience is known only from all its collections. So a run that is to sync
    one of them syncs them all. A code may name the shared audience itself.

    Args:
        crm: to ``crm_db``, in the run's snapshot.
        codes: only these; empty means all.

    Raises:
        UnknownCollectionError: one of ``codes`` is no active collection with a provider, and no
            shared audience.
    """
    read = read_collections(crm)
    shared = _shared(read)
    every = [_without_shared_link(one) for one in read]
    if not codes:
        return every, shared
    known = {one.code for one in every} | {one.code for one in shared}
    unknown = sorted(set(codes) - known)
    if unknown:
        raise UnknownCollectionError(
            f"param 'collections' names {', '.join(unknown)}: no active collection with an "
            "external provider has this code; check crm.contact_collection"
        )
    chosen = [
        one
        for one in shared
        if one.code in codes or any(member.code in codes for member in one.collections)
    ]
    ids = {member.collection_id for one in chosen for member in one.collections}
    return [one for one in every if one.code in codes or one.collection_id in ids], chosen


def with_common_fields(
    collections: Sequence[Collection], shared: Sequence[SharedAudience]
) -> list[Collection]:
    """The collections; those of one audience synchronise fields if one of them does.

    A member has one value in a field, whatever collections it is in.
    """
    with_fields = {
        member.collection_id for one in shared if one.has_fields for member in one.collections
    }
    return [
        replace(one, sync_merge_fields=True) if one.collection_id in with_fields else one
        for one in collections
    ]


def store_shared(
    warehouse: Connection[Any], staging_id: int, shared: Sequence[SharedAudience]
) -> None:
    """Note which collections share which audience; the caller commits."""
    for one in shared:
        members = [member.collection_id for member in one.collections]
        note_shared(warehouse, staging_id, one.shared_id, members)


def note_shared(
    warehouse: Connection[Any], staging_id: int, shared_id: int, collection_ids: Sequence[int]
) -> None:
    """Note in a staging which collections share an audience; the caller commits.

    Args:
        shared_id: the audience's id among the collections. Its row is stored already.
        collection_ids: those that share it; none of an audience that all have left.
    """
    warehouse.execute(
        statement("staging/store_shared_audience"),
        {
            "staging_id": staging_id,
            "shared_id": shared_id,
            "collection_ids": list(collection_ids),
        },
    )


def _named(collections: Sequence[Collection]) -> list[str]:
    return sorted({one.provider_list_id for one in collections if one.provider_list_id})


def _without_shared_link(collection: Collection) -> Collection:
    """The collection; one that cannot be read does not take the audience that it shares."""
    if collection.unreadable is None or collection.shared_audience is None:
        return collection
    return replace(collection, provider_list_id=None)


def _shared(collections: Sequence[Collection]) -> list[SharedAudience]:
    by_audience: dict[tuple[str, str], list[Collection]] = defaultdict(list)
    for one in sorted(collections, key=lambda one: one.collection_id):
        if one.shared_audience:
            account = one.connection_id or DEFAULT_ACCOUNT
            by_audience[account, one.shared_audience].append(one)
    return [
        SharedAudience(
            shared_id=id_of(account, name),
            code=code_of(account, name),
            name=name,
            collections=readable,
            unreadable=tuple(one for one in members if one.unreadable is not None),
        )
        for (account, name), members in sorted(by_audience.items())
        if (readable := tuple(one for one in members if one.unreadable is None))
    ]


def code_of(account: str, name: str) -> str:
    """The code of a shared audience. It is the same after a loss of the warehouse."""
    if account == DEFAULT_ACCOUNT:
        return f"{PREFIX}{name}"
    # No name can look like this one: after the sign comes the account, up to the colon.
    return f"{PREFIX.removesuffix(':')}@{account.replace(':', '%3A')}:{name}"


def name_in(code: str) -> str:
    """The name of a shared audience, by its code (``code_of``)."""
    return code.partition(":")[2]


def id_of(account: str, name: str) -> int:
    """The id of a shared audience among the collections. It is the same after such a loss."""
    return SHARED_AUDIENCES.id_of(code_of(account, name))


def is_shared_id(collection_id: int) -> bool:
    """Whether the id is that of a shared audience, and of no collection of the CRM."""
    return collection_id in SHARED_AUDIENCES


def name_of(account: str, code: str) -> str:
    """What the CRM calls the shared audience with a code."""
    return code.removeprefix(code_of(account, ""))
