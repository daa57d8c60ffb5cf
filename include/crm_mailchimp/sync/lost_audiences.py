"""The audiences that a collection has or had, found again in Mailchimp when the map was lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import Audience, AudienceProvider, MergeField
from crm_mailchimp.sync.wanted_fields import REFERENCE_TAG, owner_of


class AudienceUnusableError(PermanentError):
    """The collection's audience cannot be used until a person decides.

    Attributes:
        code: ``audience_deleted``, ``audience_taken``, ``audience_ambiguous``, ``audience_by_hand``
            or ``audience_limit``.
    """

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def audience_name(collection: Mapping[str, Any]) -> str:
    """``<description> (<code>)``: the fixed name of an audience made by us."""
    return f"{collection['description']} ({collection['collection_code']})"


def find_own(
    warehouse: Connection[Any], provider: AudienceProvider, collection: Mapping[str, Any]
) -> str | None:
    """The audience that we made for a collection, or None.

    The name of its field CRMREF tells so, whatever it is called by now; or its own name, when it
    has no such field yet and nobody in it: a crash between creating the two leaves it so.

    Raises:
        AudienceUnusableError: several could be meant, or one of this name was made by hand.
    """
    name = audience_name(collection)
    ours: list[str] = []
    by_hand: list[str] = []
    for audience, fields in _unmapped(warehouse, provider, collection):
        counts = audience.member_count + audience.unsubscribe_count + audience.cleaned_count
        is_empty = audience.settings.name == name and counts == 0
        if is_empty or _is_owned(audience, fields, collection):
            ours.append(audience.list_id)
        elif audience.settings.name == name:
            by_hand.append(audience.list_id)
    if len(ours) > 1:
        raise AudienceUnusableError(
            "audience_ambiguous",
            f"{len(ours)} audiences in Mailchimp were this collection's ({', '.join(ours)}): set "
            "crm.contact_collection.provider_list_id to the right one",
        )
    if by_hand and not ours:
        raise AudienceUnusableError(
            "audience_by_hand",
            f"audience {by_hand[0]} in Mailchimp bears the collection's name {name!r} and "
            "was made by hand: to use it, enter its id in "
            "crm.contact_collection.provider_list_id and look at a dry run; else rename it, and an "
            "audience is made",
        )
    return ours[0] if ours else None


def find_former(
    warehouse: Connection[Any], provider: AudienceProvider, collection: Mapping[str, Any]
) -> list[str]:
    """Audiences that were a collection's before the one that the CRM names now.

    Who opted out there must not be subscribed again.
    """
    return [
        audience.list_id
        for audience, fields in _unmapped(warehouse, provider, collection)
        if audience.list_id != collection["provider_list_id"]
        and _is_owned(audience, fields, collection)
    ]


def _is_owned(audience: Audience, fields: list[MergeField], collection: Mapping[str, Any]) -> bool:
    owner = owner_of(fields)
    if owner is None and audience.settings.name == audience_name(collection):
        return any(field.tag == REFERENCE_TAG for field in fields)
    collection_id: int = collection["collection_id"]
    return owner == collection_id


def _unmapped(
    warehouse: Connection[Any], provider: AudienceProvider, collection: Mapping[str, Any]
) -> Iterator[tuple[Audience, list[MergeField]]]:
    """Unmapped audiences that could be the collection's, each for a call for its merge fields.

    What is taken into use is mapped, and nobody looks again: so all of them are looked at whenever
    one may be. Only while nobody is to be added and none bears the collection's name, at every run,
    there is nothing to take.
    """
    spoken_for = {
        list_id
        for (list_id,) in warehouse.execute(
            "select list_id from sync.audience union all select list_id from sync.former_audience"
        ).fetchall()
    }
    warehouse.commit()
    unmapped = [one for one in provider.audiences() if one.list_id not in spoken_for]
    name = audience_name(collection)
    named = collection["provider_list_id"] or any(one.settings.name == name for one in unmapped)
    if named or collection["eligible"]:
        for audience in unmapped:
            yield audience, provider.merge_fields(audience.list_id)
