"""One collection, one audience: created, linked, found again or adjusted."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.errors import UniqueViolation

from crm_mailchimp.errors import (
    AudienceLimitAtProviderError,
    NotFoundAtProviderError,
    ProviderError,
)
from crm_mailchimp.provider import Audience, AudienceProvider, AudienceSettings
from crm_mailchimp.rows import find_value, read_row
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import (
    campaigns_to_all,
    lost_audiences,
    lost_tags,
    other_account,
    permissions,
)
from crm_mailchimp.sync.audience.account_listing import AccountListing
from crm_mailchimp.sync.audience.audience_map import KnownAudience, find_known
from crm_mailchimp.sync.audience.lost_audiences import AudienceUnusableError
from crm_mailchimp.sync.staging.staged_collection import StagedCollection

log = logging.getLogger(__name__)


class _LeftAudience(NamedTuple):
    """An audience that a collection left when it went to another account."""

    list_id: str
    linked: bool


def locate(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AudienceProvider,
    collection: StagedCollection,
    *,
    listing: AccountListing,
    last_look: Callable[[KnownAudience], None],
) -> KnownAudience | None:
    """The collection's audience, without creating or changing anything in Mailchimp.

    A linked audience (``provider_list_id``) wins; then the map; then, when the map was lost, what
    ``lost_audiences`` finds. An audience becomes a former one when another takes its place. A last
    look comes before: what happened in it until now holds for the collection.

    Args:
        crm: to ``crm_db``, in autocommit.
        listing: of the account.
        last_look: brings ``sync.member`` up to date with an audience.

    Raises:
        AudienceUnusableError: the linked audience is not in the account, or is another
            collection's or another installation's. Or an audience of this name was made by hand,
            or several could be meant. Or it is known in another account.
        CampaignOnItsWayError: as for ``campaigns_to_all.unschedule_all``.
    """
    known = find_known(warehouse, collection.collection_id)
    linked_id = collection.provider_list_id
    if linked_id and (known is None or known.list_id != linked_id):
        linked = _require(warehouse, provider, linked_id, collection)
        lost_audiences.require_own_for(warehouse, provider, linked_id, collection)
        if known is not None:
            with suppress(NotFoundAtProviderError):
                last_look(known)
        else:
            for list_id in lost_audiences.find_former(warehouse, collection, listing):
                _let_into(warehouse, crm, provider, collection, list_id, linked=False)
        known = _let_into(warehouse, crm, provider, collection, linked_id, linked=True)
        permissions.note_audience(warehouse, linked)
        warehouse.commit()
    elif known is None:
        found = lost_audiences.find_own(warehouse, provider, collection, listing)
        if found:
            known = _let_into(warehouse, crm, provider, collection, found, linked=False)
    category = collection.gdpr_category
    if known is not None and category is not None and category != known.gdpr_category:
        if not collection.dry_run:
            warehouse.execute(
                "update sync.audience set gdpr_category = %s where list_id = %s",
                (category, known.list_id),
            )
        warehouse.commit()
        return replace(known, gdpr_category=category)
    return known


def look_at(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    known: KnownAudience,
    collection: StagedCollection,
) -> KnownAudience:
    """The audience with the name that it has in Mailchimp now; remembers the name; commits.

    Also remembers whether it asks people for permissions.

    Raises:
        AudienceUnusableError: it is not in the account any more.
    """
    found = _require(warehouse, provider, known.list_id, collection)
    name = found.settings.name
    _note_name(warehouse, known.list_id, name)
    permissions.note_audience(warehouse, found)
    warehouse.commit()
    return replace(known, remote_name=name)


@contextmanager
def expected(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    known: KnownAudience,
    collection: StagedCollection,
) -> Iterator[None]:
    """Calls that find no audience only when it was deleted: nobody asks before each run.

    Raises:
        AudienceUnusableError: it is not in the account any more.
    """
    try:
        yield
    except NotFoundAtProviderError:
        _require(warehouse, provider, known.list_id, collection)
        raise


def _require(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    collection: StagedCollection,
) -> Audience:
    try:
        return provider.audience(list_id)
    except NotFoundAtProviderError as error:
        other_account.require_deleted(warehouse, provider, collection.account, list_id)
        code = collection.collection_code
        if collection.provider_list_id == list_id:
            elsewhere = other_account.find_elsewhere(warehouse, collection.account, list_id)
            known = f" It is known in the account of connection {elsewhere}." if elsewhere else ""
            words = (
                f"crm.contact_collection.provider_list_id of {code} names audience {list_id}, which"
                f" is not in the account of connection {collection.account} (any more).{known} "
                "Correct the id. Or empty it, if the collection is to have an audience of its own"
            )
        else:
            words = (
                f"audience {list_id} of {code} was deleted in Mailchimp: nothing can be pushed. "
                "For a new audience run 'python -m crm_mailchimp.sync retire --dsn … --collection "
                f"{code}'; people who opted out stay out. Or name an existing audience in "
                "crm.contact_collection.provider_list_id. Or deactivate the collection"
            )
        raise AudienceUnusableError("audience_deleted", words) from error


def renaming(known: KnownAudience, collection: StagedCollection) -> str | None:
    """What to say about an audience of ours that somebody renamed in Mailchimp, if so."""
    name = collection.settings.name
    ours = not known.linked and known.settings_hash == _hash_of(collection.settings)
    if not ours or known.remote_name in (None, name):
        return None
    return (
        f"audience_renamed: audience {known.list_id} is called {known.remote_name!r} in "
        f"Mailchimp, and was made as {name!r}. It is still synced. But after a loss of the "
        "warehouse it would not be found by its name. Rename it back, or enter its id in "
        "crm.contact_collection.provider_list_id"
    )


def retire(warehouse: Connection[Any], collection_id: int, *, moved_to: str | None = None) -> None:
    """Make a collection's audience a former one; the caller commits (``sync.former_audience``).

    Args:
        moved_to: the account that the collection goes to. When it comes back, it uses the audience
            again. None: it leaves the audience for another reason.
    """
    warehouse.execute(
        statement("sync/retire_audience"), {"collection_id": collection_id, "moved_to": moved_to}
    )


def follow_account(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: Callable[[], AudienceProvider],
    collection: StagedCollection,
) -> None:
    """Leave an audience that is in another account than the collection is now; commits.

    It becomes a former audience, which is listed in full before anybody is added elsewhere. When
    the collection comes back to that account, it uses the audience again.

    Args:
        crm: to ``crm_db``, in autocommit.
        provider: gives that of the account which the collection has now. It is asked only if the
            collection comes back.

    Raises:
        AudienceUnusableError: the audience is known in another account by now.
        CampaignOnItsWayError: as for ``campaigns_to_all.unschedule_all``.
    """
    known = find_known(warehouse, collection.collection_id)
    if known is not None and known.account != collection.account:
        retire(warehouse, collection.collection_id, moved_to=collection.account)
        known = None
    if known is None:
        left = read_row(
            warehouse,
            _LeftAudience,
            "select list_id, linked from sync.former_audience where collection_id = %s"
            " and account = %s and moved_to is not null and deleted_at is null"
            " order by retired_at desc limit 1",
            (collection.collection_id, collection.account),
        )
        warehouse.commit()
        if left is not None:
            _let_into(warehouse, crm, provider(), collection, left.list_id, linked=left.linked)


def ensure(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    collection: StagedCollection,
    known: KnownAudience | None,
) -> KnownAudience:
    """The collection's audience, created where it is missing and adjusted where the CRM changed.

    Linked audiences keep the settings they were given in Mailchimp.

    Raises:
        AudienceUnusableError: the account's plan allows no further audience.
    """
    settings = collection.settings
    settings_hash = _hash_of(settings)
    if known is None:
        try:
            list_id = _create(warehouse, provider, collection)
        except AudienceLimitAtProviderError as error:
            raise AudienceUnusableError(
                "audience_limit",
                f"Mailchimp makes no audience for {collection.collection_code}: the account has "
                f"{error.present} and its plan allows {error.allowed}. Delete one that nobody "
                "needs, or name an existing one in crm.contact_collection.provider_list_id. Or let "
                "collections share one (docs/shared_audiences.md), or have the plan changed",
            ) from error
        lost_audiences.require_in_account(warehouse, list_id, collection)
        # No campaign goes to it yet.
        known = _remember(warehouse, collection, list_id, linked=False)
        # A new audience is empty: there is nothing to list.
        warehouse.execute(
            "update sync.audience set fully_listed_at = now(), settings_hash = %s"
            " where list_id = %s",
            (settings_hash, known.list_id),
        )
        _note_name(warehouse, known.list_id, settings.name)
        lost_tags.note_known(warehouse, known.list_id, collection.collection_id)
        warehouse.commit()
    elif not known.linked and known.settings_hash != settings_hash:
        provider.update_audience(known.list_id, settings)
        warehouse.execute(
            "update sync.audience set settings_hash = %s where list_id = %s",
            (settings_hash, known.list_id),
        )
        _note_name(warehouse, known.list_id, settings.name)
        warehouse.commit()
    return find_known(warehouse, collection.collection_id) or known


def _create(
    warehouse: Connection[Any], provider: AudienceProvider, collection: StagedCollection
) -> str:
    """Create the audience; returns its id.

    After a lost answer it is looked for, and then created once more. So no second one is made.
    """
    try:
        return provider.create_audience(collection.settings).list_id
    except ProviderError as error:
        if not error.outcome_unknown:
            raise
        log.warning("no answer to the creation of an audience, looking for it: %s", error)
    present = AccountListing(provider)
    found = lost_audiences.find_own(warehouse, provider, collection, present)
    return found or provider.create_audience(collection.settings).list_id


def _note_name(warehouse: Connection[Any], list_id: str, name: str) -> None:
    warehouse.execute(
        "update sync.audience set remote_name = %s where list_id = %s", (name, list_id)
    )


def _hash_of(settings: AudienceSettings) -> str:
    return hashlib.sha256(json.dumps(asdict(settings), sort_keys=True).encode()).hexdigest()


def _let_into(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AudienceProvider,
    collection: StagedCollection,
    list_id: str,
    *,
    linked: bool,
) -> KnownAudience:
    """Remember an audience that others may have used before."""
    lost_audiences.require_in_account(warehouse, list_id, collection)
    campaigns_to_all.unschedule_all(warehouse, crm, provider, list_id, collection)
    return _remember(warehouse, collection, list_id, linked=linked)


def _remember(
    warehouse: Connection[Any],
    collection: StagedCollection,
    list_id: str,
    *,
    linked: bool,
) -> KnownAudience:
    collection_id = collection.collection_id
    try:
        with warehouse.transaction():
            retire(warehouse, collection_id)
            warehouse.execute(
                statement("sync/use_audience"),
                {"list_id": list_id, "collection_id": collection_id},
            )
            warehouse.execute(
                "delete from sync.former_audience where list_id = %s",
                (list_id,),
            )
            warehouse.execute(
                statement("sync/remember_audience"),
                {
                    "collection_id": collection_id,
                    "collection_code": collection.collection_code,
                    "provider": collection.provider,
                    "list_id": list_id,
                    "account": collection.account,
                    "linked": linked,
                    "gdpr_category": collection.gdpr_category,
                },
            )
    except UniqueViolation as error:
        owner = find_value(
            warehouse,
            str,
            "select collection_code from sync.audience where list_id = %s",
            (list_id,),
        )
        owner = owner or "another collection"
        raise AudienceUnusableError(
            "audience_taken",
            f"audience {list_id} is that of {owner}. Only collections with the same value in "
            "crm.contact_collection.shared_audience share one. Name another audience in "
            f"crm.contact_collection.provider_list_id. Or, if {owner} must not use it any more, "
            "give that collection another audience, or run "
            f"'python -m crm_mailchimp.sync retire --dsn … --collection {owner}'",
        ) from error
    warehouse.commit()
    known = find_known(warehouse, collection_id)
    if known is None:
        raise RuntimeError("the audience map lost a row it was just given")
    return known
