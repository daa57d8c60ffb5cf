"""The audiences that a collection has or had, found again in Mailchimp when the map was lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import PassingError, PermanentError, ProviderError
from crm_mailchimp.provider import Audience, AudienceProvider, MergeField
from crm_mailchimp.rows import read_value, read_values
from crm_mailchimp.sync.audience import other_account, ownership
from crm_mailchimp.sync.audience.account_listing import AccountListing
from crm_mailchimp.sync.audience.ownership import REFERENCE_TAG
from crm_mailchimp.sync.staging import shared_audiences
from crm_mailchimp.sync.staging.staged_collection import StagedCollection


class AudienceUnusableError(PermanentError):
    """The collection's audience cannot be used until a person decides.

    Attributes:
        code: ``audience_deleted``, ``audience_taken``, ``audience_ambiguous``,
            ``audience_by_hand``, ``audience_limit``, ``audience_in_two_accounts`` or
            ``foreign_installation``.
    """

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


#: Why nobody knows where a collection was before.
SearchError = ProviderError | PassingError | AudienceUnusableError


def find_own(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    collection: StagedCollection,
    listing: AccountListing,
) -> str | None:
    """The audience that we made for a collection, or None.

    The name of its field CRMREF shows that, even if the audience has another name by now. An empty
    audience without this field is known by its own name. A crash between creating the audience and
    the field leaves it so.

    Raises:
        AudienceUnusableError: several could be meant, or one of this name was made by hand. Or
            another installation has an audience for this collection. Or somebody changed the name
            of CRMREF in an audience, and nothing says whose it is.
    """
    name = collection.settings.name
    ours: list[str] = []
    of_old_connection: list[str] = []
    by_hand: list[str] = []
    unclear: list[str] = []
    for audience, fields in _unmapped(warehouse, listing, collection):
        counts = audience.member_count + audience.unsubscribe_count + audience.cleaned_count
        is_empty = (
            audience.settings.name == name and counts == 0 and not ownership.is_marked(fields)
        )
        if is_empty or _is_owned(warehouse, fields, collection):
            ours.append(audience.list_id)
        elif is_of_old_connection(warehouse, audience, fields, collection):
            of_old_connection.append(audience.list_id)
        elif _is_anothers(warehouse, audience, fields, collection):
            require_own_for(warehouse, provider, audience.list_id, collection)
            ours.append(audience.list_id)
        elif audience.settings.name == name:
            by_hand.append(audience.list_id)
        elif ownership.is_marked(fields) and ownership.owner_of(fields) is None:
            unclear.append(audience.list_id)
    ours = ours or of_old_connection
    if len(ours) > 1:
        raise AudienceUnusableError(
            "audience_ambiguous",
            f"{len(ours)} audiences in Mailchimp were this collection's ({', '.join(ours)}): set "
            "crm.contact_collection.provider_list_id to the right one",
        )
    if by_hand and not ours:
        raise AudienceUnusableError(
            "audience_by_hand",
            f"audience {by_hand[0]} in Mailchimp has the collection's name {name!r} and "
            "was made by hand. To use it, enter its id in "
            "crm.contact_collection.provider_list_id and look at a dry run. Else rename it, and "
            "the next sync makes an audience",
        )
    if unclear and not ours:
        raise AudienceUnusableError(
            "audience_ambiguous",
            f"audience {unclear[0]} in Mailchimp has the field {REFERENCE_TAG}. The name of the "
            "field does not say whose it is. It may be this collection's. If so, enter its id in "
            "crm.contact_collection.provider_list_id. Else delete the field there, or make an "
            "audience and enter the id of that one",
        )
    return ours[0] if ours else None


def find_former(
    warehouse: Connection[Any], collection: StagedCollection, listing: AccountListing
) -> list[str]:
    """Audiences that were a collection's before the one that the CRM names now.

    Who opted out there must not be subscribed again.
    """
    return [
        audience.list_id
        for audience, fields in _unmapped(warehouse, listing, collection)
        if audience.list_id != collection.provider_list_id
        and _is_owned(warehouse, fields, collection)
    ]


def require_own_for(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    collection: StagedCollection,
) -> None:
    """Refuse an audience of another installation that nobody took over; one call; commits.

    Raises:
        AudienceUnusableError: ``foreign_installation``.
    """
    try:
        ownership.require_own(
            warehouse,
            provider,
            list_id,
            collection_id=collection.collection_id,
            collection_code=collection.collection_code,
        )
    except ownership.ForeignInstallationError as error:
        raise AudienceUnusableError("foreign_installation", str(error)) from error


def require_in_account(
    warehouse: Connection[Any], list_id: str, collection: StagedCollection
) -> None:
    """Refuse an audience that is known in another account than the collection's; rolls back.

    The ids of audiences are unique at Mailchimp, over all accounts. So the two connections lead to
    one account, or the collection names an audience of another account.

    Raises:
        AudienceUnusableError: ``audience_in_two_accounts``.
    """
    elsewhere = other_account.find_elsewhere(warehouse, collection.account, list_id)
    if elsewhere is None:
        return
    raise AudienceUnusableError(
        "audience_in_two_accounts",
        f"audience {list_id} is known in the account of connection {elsewhere}. Collection "
        f"{collection.collection_code} belongs to that of connection {collection.account}: nobody "
        "is pushed. If both connections lead to one Mailchimp account, let all providers in "
        "crm.external_provider name one of them. If a connection got a new id, run 'python -m "
        f"crm_mailchimp.sync rename-account --dsn … --from {elsewhere} --to {collection.account}'",
    )


def is_of_old_connection(
    warehouse: Connection[Any],
    audience: Audience,
    fields: list[MergeField],
    collection: StagedCollection,
) -> bool:
    """Whether a shared audience was marked when the account's connection had another id.

    The mark of a shared audience is made of the connection and the audience's name. It counts only
    if it is that of no audience that is shared now.
    """
    owner = ownership.owner_of(fields)
    return (
        collection.is_shared_audience
        and owner is not None
        and shared_audiences.is_shared_id(owner.collection_id)
        and owner.collection_id != collection.collection_id
        and owner.installation == ownership.own_installation(warehouse)
        and audience.settings.name == collection.settings.name
        and not read_value(
            warehouse,
            bool,
            "select exists (select from sync.staged_collection"
            " where staging_id = %(staging_id)s and collection_id = %(shared_id)s)"
            " or exists (select from sync.audience where collection_id = %(shared_id)s)",
            {"staging_id": collection.staging_id, "shared_id": owner.collection_id},
        )
    )


def _is_owned(
    warehouse: Connection[Any], fields: list[MergeField], collection: StagedCollection
) -> bool:
    """Whether this installation made the audience for this very collection."""
    owner = ownership.owner_of(fields)
    return (
        owner is not None
        and owner.collection_id == collection.collection_id
        and owner.installation == ownership.own_installation(warehouse)
    )


def _is_anothers(
    warehouse: Connection[Any],
    audience: Audience,
    fields: list[MergeField],
    collection: StagedCollection,
) -> bool:
    """Whether it was made for this collection, and nothing shows that this installation made it.

    The collection's id shows that, even if the audience has another name by now. A copy of the CRM
    has the same collections and people. With another id, the collection's name together with
    another installation's mark shows it.
    """
    owner = ownership.owner_of(fields)
    has_name = bool(audience.settings.name == collection.settings.name)
    if owner is None:
        return has_name and ownership.is_marked(fields)
    return owner.collection_id == collection.collection_id or (
        has_name and owner.installation not in (None, ownership.own_installation(warehouse))
    )


def _unmapped(
    warehouse: Connection[Any], listing: AccountListing, collection: StagedCollection
) -> Iterator[tuple[Audience, list[MergeField]]]:
    """Unmapped audiences that could be the collection's; one call each, for its merge fields.

    An audience that is taken into use is mapped, and no later run looks again. So a run looks at
    all of them when it may take one. It takes none while nobody is to be added and no audience
    has the collection's name.
    """
    known = set(
        read_values(
            warehouse,
            str,
            "select list_id from sync.audience union all select list_id from sync.former_audience",
        )
    )
    warehouse.commit()
    for audience in listing.audiences:
        if audience.list_id in known:
            require_in_account(warehouse, audience.list_id, collection)
    unmapped = [one for one in listing.audiences if one.list_id not in known]
    name = collection.settings.name
    named = collection.provider_list_id or any(one.settings.name == name for one in unmapped)
    if named or collection.eligible:
        for audience in unmapped:
            yield audience, listing.merge_fields(audience.list_id)
