"""Audiences that a collection had before, found in Mailchimp when ``sync`` knows nothing of it.

After a loss of the sync state a collection may have another audience than before. It may be its
own, one that it shares, or one in another account. What people refused before still holds.
The field CRMREF names the collection there, or the collection's tag is in a shared audience.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.provider import Audience, AudienceProvider
from crm_mailchimp.rows import read_row, read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import audience_map, ownership, tags
from crm_mailchimp.sync.audience.account_listing import AccountListing
from crm_mailchimp.sync.staging import shared_audiences
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.tag_provider import Tag

#: Problems of a collection of which nobody knows whether it is the one that had the code before.
_UNKNOWN = ("collection_replaced", "provider_unsupported")


@dataclass(frozen=True, kw_only=True)
class EarlierAudience:
    """An audience in which Mailchimp shows a collection.

    Attributes:
        collection: the collection, as the CRM has it now.
        account: id of the Airflow connection that leads to the audience.
        shared_id: of a shared audience: its id among the collections; None: it was its own.
        tag: the collection's tag in a shared audience.
        is_renamed: this installation marked it under another connection or another name than it
            has now. So nothing says whether the CRM still means it.
        is_unclear: its name is the collection's. But somebody changed the name of CRMREF, so
            nothing says whose installation's it is.
    """

    collection: StagedCollection
    audience: Audience
    account: str
    shared_id: int | None = None
    tag: Tag | None = None
    is_renamed: bool = False
    is_unclear: bool = False

    @property
    def list_id(self) -> str:
        """The audience's id."""
        return self.audience.list_id


class _KnownList(NamedTuple):
    """An audience in use, with its id among the collections; None: a former one."""

    list_id: str
    collection_id: int | None


class _KnownTag(NamedTuple):
    list_id: str
    tag_id: int
    collection_id: int


class _Unit(NamedTuple):
    collection_code: str
    linked: bool


def unsearched(
    warehouse: Connection[Any], collections: Sequence[StagedCollection], account: str
) -> list[StagedCollection]:
    """The collections whose present audience ``sync`` does not know, or found by chance; commits.

    Args:
        collections: of one staging.
        account: that they have now.
    """
    ids = [
        one.collection_id
        for one in collections
        if one.problem is None or one.problem.code not in _UNKNOWN
    ]
    if not ids:
        return []
    asked = {
        "staging_id": collections[0].staging_id, "collection_ids": ids, "account": account,
    }  # fmt: skip
    found = set(read_values(warehouse, int, statement("sync/find_unsearched"), asked))
    warehouse.commit()
    return [one for one in collections if one.collection_id in found]


def find_in(
    warehouse: Connection[Any],
    listing: AccountListing,
    account: str,
    collections: Sequence[StagedCollection],
) -> list[EarlierAudience]:
    """The audiences of an account in which Mailchimp shows one of the collections; commits.

    An audience that another collection has, or had, is not asked for.

    Args:
        listing: of the account: one call, one for each audience that nobody has, and one for each
            shared audience.
        account: id of the Airflow connection that leads to it.
        collections: ``unsearched`` ones.

    Raises:
        ProviderError: the account cannot be read.
    """
    known = {
        one.list_id: one.collection_id
        for one in read_rows(warehouse, _KnownList, statement("sync/find_known_lists"))
    }
    taken = {
        (one.list_id, one.tag_id)
        for one in read_rows(
            warehouse,
            _KnownTag,
            "select list_id, tag_id, collection_id from sync.tag where tag_id is not null",
        )
        if not tags.is_unknown_id(one.collection_id)
    }
    own = ownership.own_installation(warehouse)
    warehouse.commit()
    found: list[EarlierAudience] = []
    for audience in listing.audiences:
        is_renamed = False
        shared_id = known.get(audience.list_id)
        if audience.list_id in known:
            if shared_id is None or not shared_audiences.is_shared_id(shared_id):
                continue
        else:
            fields = listing.merge_fields(audience.list_id)
            owner = ownership.owner_of(fields)
            if owner is None:
                found += [
                    EarlierAudience(
                        collection=one, audience=audience, account=account, is_unclear=True
                    )
                    for one in collections
                    if ownership.is_marked(fields) and _has_code(audience.settings.name, one)
                ]
                continue
            if not shared_audiences.is_shared_id(owner.collection_id):
                found += [
                    EarlierAudience(collection=one, audience=audience, account=account)
                    for one in collections
                    if owner.collection_id == one.collection_id
                    # Of another installation's collections only a name shows that it is the same.
                    and (owner.installation == own or audience.settings.name == one.settings.name)
                ]
                continue
            shared_id = owner.collection_id
            is_renamed = owner.installation == own and shared_id != shared_audiences.id_of(
                account, audience.settings.name
            )
        found += [
            EarlierAudience(
                collection=one,
                audience=audience,
                account=account,
                shared_id=shared_id,
                tag=tag,
                is_renamed=is_renamed,
            )
            for one, tag in _tagged(
                collections,
                [
                    tag
                    for tag in listing.tags(audience.list_id)
                    if (audience.list_id, tag.tag_id) not in taken
                ],
            )
        ]
    return found


def forget_previewed(warehouse: Connection[Any], collection_ids: Sequence[int]) -> None:
    """Forget what a preview found of collections: a run looks for itself; commits."""
    warehouse.execute(statement("sync/forget_previewed"), {"collection_ids": list(collection_ids)})
    warehouse.commit()


def remember(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    found: EarlierAudience,
    *,
    in_preview: bool = False,
    has_moved: bool = False,
) -> None:
    """Note that the audience was the collection's, as if the state had not been lost; no commit.

    Its own becomes a former audience: it is listed in full before anybody is added elsewhere. In a
    shared one the collection has left its tag. Members with it stay, and a last look comes.

    Args:
        provider: of the account with the audience: one call for each 1,000 members of a tag.
        in_preview: a preview found it. The next run forgets that (``forget_previewed``).
        has_moved: the collection has another audience in Mailchimp, and its people may be there
            (``found_audiences``).

    Raises:
        ProviderError: the tag's members cannot be read.
    """
    place = {"list_id": found.list_id, "collection_id": found.collection.collection_id}
    noted = {
        **place,
        "account": found.account,
        "collection_code": found.collection.collection_code,
        "gdpr_category": found.collection.gdpr_category,
        "in_preview": in_preview,
        "has_moved": has_moved,
    }
    if found.shared_id is None or found.tag is None:
        # A preview may have read it before. Then refusals are known without the collection.
        warehouse.execute(statement("sync/use_audience"), place)
        warehouse.execute(statement("sync/remember_former"), noted)
        return
    unit = _unit(warehouse, found)
    warehouse.execute(
        statement("sync/restore_shared_audience"),
        {
            "shared_id": found.shared_id,
            "collection_code": unit.collection_code,
            "provider": found.collection.provider,
            "list_id": found.list_id,
            "account": found.account,
            "linked": unit.linked,
        },
    )
    if audience_map.find_by_list(warehouse, found.list_id) is None:
        return
    warehouse.execute(statement("sync/use_audience"), place)
    warehouse.execute(
        statement("sync/remember_left_tag"),
        {
            **noted,
            "shared_id": found.shared_id,
            "campaign_type": found.collection.campaign_type,
            "tag_id": found.tag.tag_id,
            "name": found.tag.name,
        },
    )
    # The audience's own run may come next. It archives nobody who has the tag.
    with suppress(NotFoundAtProviderError):
        tags.fill_tagged_now(warehouse, provider, found.list_id, found.tag.tag_id)
        warehouse.execute(statement("sync/restore_tag_members"), place)


def look_as_at_first(warehouse: Connection[Any], list_id: str) -> None:
    """The audience's own next run looks at it as for the first time; commits."""
    warehouse.execute(
        "update sync.audience set fully_listed_at = null, pulled_through = null where list_id = %s",
        (list_id,),
    )
    warehouse.commit()


def _has_code(name: str, collection: StagedCollection) -> bool:
    return name.endswith(f" ({collection.collection_code})")


def _tagged(
    collections: Sequence[StagedCollection], present: Sequence[Tag]
) -> Iterator[tuple[StagedCollection, Tag]]:
    for one in collections:
        for tag in present:
            # Its description may have changed since; the code at the end names the collection.
            if tag.name == tags.tag_name(one) or _has_code(tag.name, one):
                yield one, tag
                break


def _unit(warehouse: Connection[Any], found: EarlierAudience) -> _Unit:
    """The code of a shared audience, and whether its settings are somebody else's."""
    staged = read_row(
        warehouse,
        _Unit,
        "select collection_code, provider_list_id is not null as linked"
        " from sync.staged_collection where staging_id = %s and collection_id = %s",
        (found.collection.staging_id, found.shared_id),
    )
    if staged is not None:
        return staged
    # Nobody shares it any more. Whether the CRM named it is not known: its settings stay.
    return _Unit(shared_audiences.code_of(found.account, found.audience.settings.name), True)
