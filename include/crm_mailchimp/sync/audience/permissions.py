"""Audiences with marketing permissions (Mailchimp's GDPR fields), and which one a collection gives.

Mailchimp shows the permissions of an audience only with its members, so members are what names them
here. The list itself says only that it has some (OpenAPI 3.0.55, ``GET /lists/{list_id}``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.marketing_permissions import plain_text
from crm_mailchimp.provider import Audience, RemoteMember
from crm_mailchimp.rows import find_value, read_row, read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.lost_audiences import AudienceUnusableError
from crm_mailchimp.sync.staging.staged_collection import StagedCollection

_COLUMN = "crm.contact_collection.marketing_permission"


class _Permission(NamedTuple):
    """A marketing permission of an audience."""

    permission_id: str
    permission_text: str

    def __str__(self) -> str:
        return f"{self.permission_id} ({self.permission_text!r})"


class _Counting(NamedTuple):
    """The permission of an audience that counts, and the newest refusal there of this kind."""

    permission_id: str | None
    refusal_id: int


def note_audience(warehouse: Connection[Any], audience: Audience) -> None:
    """Remember whether an audience asks people for permissions; the caller commits."""
    parameters = {"list_id": audience.list_id, "has_permissions": audience.has_permissions}
    if audience.has_permissions:
        warehouse.execute(statement("sync/note_gdpr_fields"), parameters)
    else:
        warehouse.execute(
            "update sync.gdpr_audience set is_on = false where list_id = %s and is_on",
            (audience.list_id,),
        )


def note_permissions(warehouse: Connection[Any], members: Iterable[RemoteMember]) -> None:
    """Remember which permissions answers about members show; the caller commits."""
    texts = {
        (member.list_id, permission.permission_id): permission.text
        for member in members
        for permission in member.permissions
    }
    if texts:
        warehouse.execute(
            statement("sync/note_permissions"),
            {
                "list_ids": [list_id for list_id, _ in texts],
                "permission_ids": [permission_id for _, permission_id in texts],
                "texts": list(texts.values()),
            },
        )


def has_permissions(warehouse: Connection[Any], list_id: str) -> bool:
    """Whether an audience asks people for permissions."""
    found = find_value(
        warehouse, bool, "select is_on from sync.gdpr_audience where list_id = %s", (list_id,)
    )
    return found is True


def require_mapped(warehouse: Connection[Any], collection: StagedCollection, list_id: str) -> None:
    """Find the permission that the collection's contacts give in their audience; commits.

    Nothing is asked for in an audience without permissions. Where another one counts from now on,
    who took it back refuses the collection.

    Raises:
        AudienceUnusableError: ``marketing_permissions_unmapped``. The CRM names none, or none
            that the audience has, or two have the text.
    """
    if has_permissions(warehouse, list_id):
        _let_count(warehouse, list_id, _find_named(warehouse, collection, list_id))
    warehouse.commit()


@contextmanager
def counting_as_before(warehouse: Connection[Any], list_id: str) -> Iterator[None]:
    """After a preview, let the permission count again that counted before it; commits.

    Otherwise who took back the preview's one would refuse, whatever the CRM names in the next run.
    """
    before = read_row(warehouse, _Counting, statement("sync/find_counting"), {"list_id": list_id})
    warehouse.commit()
    try:
        yield
    finally:
        if not warehouse.closed:
            warehouse.rollback()
            parameters = {"list_id": list_id, **(before or _Counting(None, 0))._asdict()}
            warehouse.execute(statement("sync/drop_previewed_permission"), parameters)
            _let_count(warehouse, list_id, parameters["permission_id"])
            warehouse.commit()


def withhold(
    warehouse: Connection[Any],
    *,
    staging_id: int,
    collection_id: int,
    left_ids: Sequence[int] = (),
) -> None:
    """Find the addresses that get no permission, for a plan and its push; nothing is committed.

    Several contacts have one address, and one of them gave no consent. Then nobody knows that the
    person who reads the mail gave it.

    Args:
        collection_id: the plan's: a collection, or an audience that several collections share.
        left_ids: further collections whose contacts count.
    """
    parameters = {
        "staging_id": staging_id,
        "collection_id": collection_id,
        "left_ids": list(left_ids),
    }
    warehouse.execute(statement("sync/create_withheld_permission"))
    warehouse.execute(statement("sync/clear_withheld_permissions"), parameters)
    warehouse.execute(statement("sync/find_withheld_permissions"), parameters)
    warehouse.execute("analyze withheld_permission")


def recognise_taken_back(
    warehouse: Connection[Any], collection: StagedCollection, list_id: str
) -> None:
    """Find who took a permission back before a loss of ``sync``; the caller commits.

    Args:
        collection: whose run it is.
        list_id: its audience, which was just listed in full for the first time.
    """
    staging_id, collection_id = collection.staging_id, collection.collection_id
    parameters: dict[str, Any] = {"staging_id": staging_id, "list_id": list_id}
    left_ids = read_values(warehouse, int, statement("sync/find_leaving_collections"), parameters)
    withhold(warehouse, staging_id=staging_id, collection_id=collection_id, left_ids=left_ids)
    warehouse.execute(
        statement("sync/recognise_taken_back"),
        {**parameters, "collection_id": collection_id, "left_ids": left_ids},
    )


def recognise_taken_back_there(
    warehouse: Connection[Any], collection: StagedCollection, list_id: str
) -> None:
    """Do the same in an audience that was the collection's, read for the first time; commits.

    Nobody knows any more which permission counted there. It is the one that the CRM names, if the
    audience has it.
    """
    if collection.marketing_permission is not None and has_permissions(warehouse, list_id):
        found = _matching(_known_in(warehouse, list_id), collection.marketing_permission)
        recognise_taken_back(warehouse, collection, list_id)
        if len(found) == 1:
            _let_count(warehouse, list_id, found[0].permission_id)
    warehouse.commit()


def _let_count(warehouse: Connection[Any], list_id: str, permission_id: str | None) -> None:
    parameters = {"list_id": list_id, "permission_id": permission_id}
    changed = warehouse.execute(
        "update sync.gdpr_audience set permission_id = %(permission_id)s"
        " where list_id = %(list_id)s and permission_id is distinct from %(permission_id)s",
        parameters,
    )
    if changed.rowcount:
        warehouse.execute(statement("sync/forget_taken_back"), parameters)
        warehouse.execute(statement("sync/mark_taken_back"), parameters)


def _find_named(warehouse: Connection[Any], collection: StagedCollection, list_id: str) -> str:
    known = _known_in(warehouse, list_id)
    named = collection.marketing_permission
    if named is not None:
        found = _matching(known, named)
        if len(found) == 1:
            return found[0].permission_id
    warehouse.rollback()
    raise AudienceUnusableError(
        "marketing_permissions_unmapped", _what_to_do(list_id, known, named)
    )


def _known_in(warehouse: Connection[Any], list_id: str) -> list[_Permission]:
    return read_rows(
        warehouse,
        _Permission,
        "select permission_id, permission_text from sync.marketing_permission"
        " where list_id = %s order by permission_text, permission_id",
        (list_id,),
    )


def _matching(known: Sequence[_Permission], named: str) -> list[_Permission]:
    by_id = [one for one in known if one.permission_id == named]
    return by_id or [one for one in known if plain_text(one.permission_text) == plain_text(named)]


def _what_to_do(list_id: str, known: Sequence[_Permission], named: str | None) -> str:
    asks = f"audience {list_id} asks people for permissions (Mailchimp's GDPR fields), and"
    offer = ", ".join(map(str, known))
    if not known:
        return (
            f"{asks} shows them only with members. It has none: subscribe yourself with the "
            f"audience's form, and run the sync again. Then it names the permissions for {_COLUMN}"
        )
    if named is None:
        return (
            f"{_COLUMN} is empty, or not there: {asks} nobody is added without one. Enter the id "
            "or the text of the permission that the collection's contacts give by their consent: "
            f"{offer}"
        )
    if len(_matching(known, named)) > 1:
        return f"{asks} several have the text in {_COLUMN}. Enter an id: {offer}"
    return f"{asks} none is the one in {_COLUMN}. Enter an id or a text of these: {offer}"
