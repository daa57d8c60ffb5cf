"""Whose audience it is: the name of the merge field CRMREF says so in Mailchimp itself.

Two installations with one key would overwrite each other's members. Each audience that we fill
carries our installation's id. An audience with another id is never touched until a person takes it
over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import AudienceProvider, MergeField
from crm_mailchimp.rows import find_value, read_value
from crm_mailchimp.statements import statement

#: The hidden merge field that ties a member to a contact.
REFERENCE_TAG = "CRMREF"
_MARK = re.compile(
    r"CRM reference \(collection (?P<collection>-?[0-9]{1,19})"
    r"(?:, installation (?P<installation>[0-9a-f]{12}))?\)"
)


class ForeignInstallationError(PermanentError):
    """The audience is another installation's, or nothing shows that it is this one's."""


class NothingToTakeOverError(PermanentError):
    """No run found an audience of another installation for the collection."""


@dataclass(frozen=True, kw_only=True)
class AudienceOwner:
    """A collection of an installation, as CRMREF names it.

    Attributes:
        collection_id: the collection, by the CRM's id.
        installation: first 12 hex digits of the installation's id; None: the mark has none, as
            versions before 0.2.0 made it.
    """

    collection_id: int
    installation: str | None

    @property
    def mark(self) -> str:
        """The name that CRMREF gets."""
        return f"CRM reference (collection {self.collection_id}, installation {self.installation})"


def own_installation(warehouse: Connection[Any]) -> str:
    """The id by which this installation marks its audiences."""
    installation_id = find_value(warehouse, UUID, "select installation_id from sync.installation")
    if installation_id is None:
        raise LookupError("sync.installation is empty: restore it from the backup")
    return installation_id.hex[:12]


def owner_of(fields: Iterable[MergeField]) -> AudienceOwner | None:
    """Whose audience these merge fields make it; None where they do not say."""
    names = [field.name for field in fields if field.tag == REFERENCE_TAG]
    match = _MARK.fullmatch(names[0]) if names else None
    if match is None:
        return None
    return AudienceOwner(collection_id=int(match["collection"]), installation=match["installation"])


def is_marked(fields: Iterable[MergeField]) -> bool:
    """Whether an audience has the field CRMREF, whatever its name says."""
    return any(field.tag == REFERENCE_TAG for field in fields)


def is_foreign(warehouse: Connection[Any], list_id: str, fields: Iterable[MergeField]) -> bool:
    """Whether an audience must not be touched: nothing shows that it is this installation's.

    Args:
        warehouse: the warehouse: what we know of an audience makes an old mark ours.
        list_id: the audience.
        fields: its merge fields.
    """
    fields = list(fields)
    owner = owner_of(fields)
    if owner is not None and owner.installation is not None:
        return owner.installation != own_installation(warehouse)
    if owner is None and not is_marked(fields):
        return False  # nobody's: made by hand, or just made by us
    return read_value(
        warehouse,
        bool,
        "select not exists (select from sync.audience_use where list_id = %s)",
        (list_id,),
    )


def must_be_left_alone(
    warehouse: Connection[Any], provider: AudienceProvider, list_id: str
) -> bool:
    """Whether an audience is another installation's and no person took it over; commits.

    Args:
        provider: one call is made, for the merge fields.
        list_id: the audience.
    """
    if not is_foreign(warehouse, list_id, provider.merge_fields(list_id)):
        warehouse.commit()
        return False
    is_taken_over = read_value(
        warehouse,
        bool,
        "select exists (select from sync.foreign_audience"
        " where list_id = %s and taken_over_at is not null)",
        (list_id,),
    )
    warehouse.commit()
    return not is_taken_over


def require_own(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    *,
    collection_id: int,
    collection_code: str,
) -> list[MergeField]:
    """Refuse an audience of another installation, unless a person took it over; commits.

    Args:
        provider: one call is made, for the merge fields.
        list_id: the audience that is about to be written to.
        collection_id: the collection that would use it.
        collection_code: its code, for the error.

    Returns:
        the audience's merge fields.

    Raises:
        ForeignInstallationError: it carries another installation's id, or a mark of this project
            that this warehouse does not know.
    """
    fields = provider.merge_fields(list_id)
    require_own_fields(
        warehouse, list_id, fields, collection_id=collection_id, collection_code=collection_code
    )
    return fields


def require_own_fields(
    warehouse: Connection[Any],
    list_id: str,
    fields: Iterable[MergeField],
    *,
    collection_id: int,
    collection_code: str,
) -> None:
    """The same as ``require_own`` for merge fields that were just read; no call; commits.

    Raises:
        ForeignInstallationError: as ``require_own``.
    """
    if is_foreign(warehouse, list_id, fields):
        _refuse_unless_taken_over(
            warehouse, list_id, collection_id=collection_id, collection_code=collection_code
        )
    else:
        warehouse.execute("delete from sync.foreign_audience where list_id = %s", (list_id,))
    warehouse.commit()


def take_over(warehouse: Connection[Any], collection_code: str) -> str:
    """Let a collection use the audience of another installation, as a person decided; commits.

    Returns:
        the audience's id. The next sync writes this installation's id into it.

    Raises:
        NothingToTakeOverError: the collection's last run found none.
    """
    list_id = find_value(
        warehouse,
        str,
        "update sync.foreign_audience set taken_over_at = now() where collection_code = %s"
        " returning list_id",
        (collection_code,),
    )
    if list_id is not None:
        # What was known of the mark is outdated: the next sync looks and writes its own.
        warehouse.execute(
            "update sync.merge_field set name = '' where list_id = %s and tag = %s",
            (list_id, REFERENCE_TAG),
        )
    warehouse.commit()
    if list_id is None:
        raise NothingToTakeOverError(
            f"no sync of collection {collection_code} ended blocked with foreign_installation: "
            "there is no audience to take over"
        )
    return list_id


def _refuse_unless_taken_over(
    warehouse: Connection[Any], list_id: str, *, collection_id: int, collection_code: str
) -> None:
    taken_over_at = find_value(
        warehouse,
        datetime,
        statement("sync/note_foreign_audience"),
        {
            "list_id": list_id,
            "collection_id": collection_id,
            "collection_code": collection_code,
        },
    )
    warehouse.commit()
    if taken_over_at is not None:
        return
    raise ForeignInstallationError(
        f"audience {list_id} in Mailchimp belongs to another installation of this project, or to "
        "a lost warehouse: nothing was touched. To let this installation fill it from "
        f"now on, run 'python -m crm_mailchimp.sync take-over --dsn … --collection "
        f"{collection_code}'. Else name another audience in "
        "crm.contact_collection.provider_list_id, or use another Mailchimp account"
    )
