"""Bring the warehouse's views, functions and triggers to what their files say.

Each one is replaced in place. Postgres cannot do that when columns, types or arguments changed.
Then the object is dropped and created again, and so are our objects that depend on it. Objects of
others are never dropped: the migration fails and names them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.warehouse.definitions import Definition
from crm_mailchimp.warehouse.migration_error import MigrationError

if TYPE_CHECKING:
    from psycopg import Connection

#: Postgres's errors for an object that must be dropped and created again. They mean other columns
#: of a view, another result of a function, or a second function with other arguments.
_CANNOT_REPLACE = (
    psycopg.errors.InvalidTableDefinition,
    psycopg.errors.InvalidFunctionDefinition,
    psycopg.errors.AmbiguousFunction,
)


@dataclass(frozen=True)
class _Place:
    """Where the catalog keeps an object of ours."""

    class_id: int
    object_id: int
    identity: str


@dataclass(frozen=True)
class _Dependent:
    """An object that goes when another one is dropped; its description is for people."""

    class_id: int
    object_id: int
    identity: str
    description: str


def reapply(
    connection: Connection[Any], definitions: Sequence[Definition], formerly: Collection[str]
) -> None:
    """Create or replace each object; drop those whose files are gone.

    Args:
        connection: the warehouse, in a transaction that the caller ends.
        definitions: in their order.
        formerly: identities of the objects that are ours already.

    Raises:
        MigrationError: a statement failed, or an object of others is in the way. The transaction
            is to be rolled back.
    """
    wanted = {definition.identity for definition in definitions}
    ours = wanted | set(formerly)
    present = {identity: _find(connection, identity) for identity in sorted(ours)}
    for identity, places in present.items():
        if places and identity not in formerly:
            raise MigrationError(
                f"{identity} exists already and is not one of ours: drop or rename it"
            )
        if len(places) > 1:
            raise MigrationError(
                f"{identity} exists with several lists of arguments: drop or rename those that are "
                "not ours"
            )
    for definition in definitions:
        _apply(connection, definition, ours)
    gone = set(formerly) - wanted
    for identity in sorted(gone):
        _drop(connection, identity, gone)


def _apply(connection: Connection[Any], definition: Definition, ours: Collection[str]) -> None:
    try:
        try:
            _create(connection, definition)
        except _CANNOT_REPLACE:
            _drop(connection, definition.identity, ours)
            _create(connection, definition)
    except psycopg.Error as error:
        raise MigrationError(f"views/{definition.file} failed: {error}") from error


def _create(connection: Connection[Any], definition: Definition) -> None:
    with connection.transaction():
        connection.execute(definition.text)  # a file of ours
        if len(_find(connection, definition.identity)) > 1:
            raise psycopg.errors.AmbiguousFunction(f"{definition.identity} is there twice")


def _drop(connection: Connection[Any], identity: str, ours: Collection[str]) -> None:
    """Drop an object, its dependents first; only what is in ``ours``."""
    for place in _find(connection, identity):
        dependents = read_rows(
            connection,
            _Dependent,
            statement("warehouse/find_dependents"),
            {"class_id": place.class_id, "object_id": place.object_id},
        )
        others = [one.description for one in dependents if one.identity not in ours]
        if others:
            raise MigrationError(
                f"{identity} has to be dropped, but others depend on it: {', '.join(others)}. Drop "
                "these first, migrate, and create them again"
            )
        for one in dependents:
            _drop(connection, one.identity, ours)
        try:
            connection.execute(f"drop {identity}")  # named by our files
        except psycopg.Error as error:
            raise MigrationError(f"{identity} cannot be dropped: {error}") from error


def _find(connection: Connection[Any], identity: str) -> list[_Place]:
    return read_rows(
        connection, _Place, statement("warehouse/find_objects"), {"identities": [identity]}
    )
