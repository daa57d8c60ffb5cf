"""Owners and rights of views and functions, kept while an object is dropped and created again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Right:
    """One privilege of one role, on a whole view or function or on one column.

    Attributes:
        privilege: in Postgres's words, such as ``SELECT``.
        column: None for the whole object.
        grantee: name of the role; None for everybody (PUBLIC).
        is_grantable: whether the role may give the privilege to others.
    """

    privilege: str
    column: str | None
    grantee: str | None
    is_grantable: bool


@dataclass(frozen=True)
class Rights:
    """Who owns an object and who may do what with it.

    Attributes:
        oid: tells an object from one that was made later under the same name.
        owner: name of the role.
        granted: every right, the owner's own among them.
    """

    oid: int
    owner: str
    granted: frozenset[Right]


class _GrantedRight(NamedTuple):
    """An object, and one right on it; without a privilege nobody has any."""

    identity: str
    oid: int
    owner: str
    column_name: str | None
    privilege: str | None
    grantee: str | None
    is_grantable: bool | None


def read_rights(connection: Connection[Any], identities: Collection[str]) -> dict[str, Rights]:
    """Owner and rights of those views and functions that exist.

    Args:
        connection: the warehouse.
        identities: as :class:`~crm_mailchimp.warehouse.definitions.Definition` has them.
    """
    found: dict[str, Rights] = {}
    rows = read_rows(
        connection,
        _GrantedRight,
        statement("warehouse/read_rights"),
        {"identities": list(identities)},
    )
    for row in rows:
        granted = found[row.identity].granted if row.identity in found else frozenset()
        if row.privilege:
            right = Right(row.privilege, row.column_name, row.grantee, bool(row.is_grantable))
            granted |= {right}
        found[row.identity] = Rights(row.oid, row.owner, granted)
    return found


def restore_rights(connection: Connection[Any], before: Mapping[str, Rights]) -> None:
    """Give objects that were created again the owner and the rights of their predecessors.

    A right on a column that the object no longer has goes with the column.

    Args:
        connection: the warehouse.
        before: what :func:`read_rights` found before anything was dropped.

    Raises:
        psycopg.Error: the login may not give an object its former owner.
    """
    for identity, now in read_rights(connection, before.keys()).items():
        if now.oid != before[identity].oid:
            _restore(connection, identity, before[identity])


def _restore(connection: Connection[Any], identity: str, before: Rights) -> None:
    now = read_rights(connection, [identity])[identity]
    if now.owner != before.owner:
        connection.execute(
            sql.SQL("alter {} owner to {}").format(_raw(identity), sql.Identifier(before.owner))
        )
        now = read_rights(connection, [identity])[identity]
    columns = _columns(connection, identity)
    for right in now.granted - before.granted:
        connection.execute(_statement("revoke {what} on {object} from {role}", identity, right))
    for right in before.granted - now.granted:
        if right.column is None or right.column in columns:
            text = "grant {what} on {object} to {role}"
            text += " with grant option" if right.is_grantable else ""
            connection.execute(_statement(text, identity, right))


def _columns(connection: Connection[Any], identity: str) -> set[str]:
    kind, _, name = identity.partition(" ")
    if kind != "view":
        return set()
    query = "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0"
    return set(read_values(connection, str, query, (name,)))


def _statement(text: str, identity: str, right: Right) -> sql.Composed:
    kind, _, name = identity.partition(" ")
    column = sql.SQL(" ({})").format(sql.Identifier(right.column)) if right.column else sql.SQL("")
    return sql.SQL(text).format(
        what=_raw(right.privilege) + column,
        # Postgres's word for a view is "table" here.
        object=_raw(name if kind == "view" else identity),
        role=sql.Identifier(right.grantee) if right.grantee else sql.SQL("public"),
    )


def _raw(text: str) -> sql.SQL:
    return sql.SQL(text)  # names of our files and Postgres's own words
