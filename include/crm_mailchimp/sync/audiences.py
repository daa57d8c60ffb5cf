"""One collection, one audience: created, linked, found again or adjusted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import Audience, AudienceProvider, AudienceSettings
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.merge_fields import REFERENCE_TAG

#: An audience is listed in full this often: only that shows permanent deletions.
FULL_LISTING_EVERY = timedelta(days=7)

_SETTING_NAMES = (
    "company", "address1", "address2", "city", "state", "zip", "country", "phone",
    "from_name", "from_email", "subject", "language", "permission_reminder",
)  # fmt: skip


class AmbiguousAudienceError(PermanentError):
    """Several audiences in Mailchimp could be the collection's own."""


@dataclass(frozen=True, kw_only=True)
class KnownAudience:
    """A row of the audience map."""

    collection_id: int
    list_id: str
    linked: bool
    settings_hash: str | None
    pulled_through: datetime | None
    fully_listed_at: datetime | None

    def needs_full_listing(self, now: datetime) -> bool:
        """Whether the last full listing is too old, or there never was one."""
        return self.fully_listed_at is None or now - self.fully_listed_at > FULL_LISTING_EVERY


def find_known(warehouse: Connection[Any], collection_id: int) -> KnownAudience | None:
    """The map's row of a collection, if any."""
    with warehouse.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "select collection_id, list_id, linked, settings_hash, pulled_through, fully_listed_at"
            " from sync.audience where collection_id = %s",
            (collection_id,),
        ).fetchone()
    return KnownAudience(**row) if row else None


def locate(
    warehouse: Connection[Any], provider: AudienceProvider, collection: Mapping[str, Any]
) -> KnownAudience | None:
    """The collection's audience, without creating or changing anything in Mailchimp.

    A linked audience (``provider_list_id``) wins; then the map; then, when the map was lost, an
    audience of ours found by its name together with the field CRMREF.
    """
    known = find_known(warehouse, collection["collection_id"])
    linked_id = collection["provider_list_id"]
    if linked_id:
        if known is None or known.list_id != linked_id:
            provider.audience(linked_id)
            return _remember(warehouse, collection, linked_id, linked=True)
        return known
    if known is not None:
        return known
    found = _find_again(provider, audience_name(collection))
    return _remember(warehouse, collection, found.list_id, linked=False) if found else None


def ensure(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    collection: Mapping[str, Any],
    known: KnownAudience | None,
) -> KnownAudience:
    """The collection's audience, created where it is missing and adjusted where the CRM changed.

    Linked audiences keep the settings they were given in Mailchimp.
    """
    settings = audience_settings(collection)
    settings_hash = hashlib.sha256(
        json.dumps(asdict(settings), sort_keys=True).encode()
    ).hexdigest()
    if known is None:
        created = provider.create_audience(settings)
        known = _remember(warehouse, collection, created.list_id, linked=False)
        # A new audience is empty: there is nothing to list.
        warehouse.execute(
            "update sync.audience set fully_listed_at = now(), settings_hash = %s"
            " where list_id = %s",
            (settings_hash, known.list_id),
        )
        warehouse.commit()
    elif not known.linked and known.settings_hash != settings_hash:
        provider.update_audience(known.list_id, settings)
        warehouse.execute(
            "update sync.audience set settings_hash = %s where list_id = %s",
            (settings_hash, known.list_id),
        )
        warehouse.commit()
    return find_known(warehouse, collection["collection_id"]) or known


def audience_name(collection: Mapping[str, Any]) -> str:
    """``<description> (<code>)``: the fixed name of an audience made by us."""
    return f"{collection['description']} ({collection['collection_code']})"


def audience_settings(collection: Mapping[str, Any]) -> AudienceSettings:
    """The settings an audience gets from its staged collection."""
    settings = collection["settings"]
    texts = {name: str(settings.get(name) or "").strip() for name in _SETTING_NAMES}
    return AudienceSettings(
        name=audience_name(collection),
        email_type_option=bool(settings.get("email_type_option")),
        **texts,
    )


def _find_again(provider: AudienceProvider, name: str) -> Audience | None:
    found = []
    for audience in provider.audiences():
        if audience.settings.name == name:
            tags = {field.tag for field in provider.merge_fields(audience.list_id)}
            counts = audience.member_count + audience.unsubscribe_count + audience.cleaned_count
            # An empty audience of this very name is ours too: a crash between creating it and
            # creating CRMREF leaves it so.
            if REFERENCE_TAG in tags or counts == 0:
                found.append(audience)
    if len(found) > 1:
        raise AmbiguousAudienceError(
            f"{len(found)} audiences in Mailchimp bear the collection's name and its field "
            f"{REFERENCE_TAG}: set crm.contact_collection.provider_list_id to the right one"
        )
    return found[0] if found else None


def _remember(
    warehouse: Connection[Any], collection: Mapping[str, Any], list_id: str, *, linked: bool
) -> KnownAudience:
    warehouse.execute(
        statement("sync/remember_audience"),
        {
            "collection_id": collection["collection_id"],
            "collection_code": collection["collection_code"],
            "provider": collection["provider"],
            "list_id": list_id,
            "linked": linked,
        },
    )
    warehouse.commit()
    known = find_known(warehouse, collection["collection_id"])
    if known is None:
        raise RuntimeError("the audience map lost a row it was just given")
    return known
