"""Bring the warehouse up to date: its tables by numbered files, its views by a file each.

``sql/migrations`` holds tables and data. Every file ``NNNN_name.sql`` runs once, in the order of
the numbers. It never changes afterwards: databases would differ under the same number.
``sql/views`` holds views, functions and triggers as they are now. All of them are applied again
whenever one of them changed, and after every new migration.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from crm_mailchimp.database_kind import CRM_WORDS, database_kind
from crm_mailchimp.named_connection import place_of
from crm_mailchimp.rows import read_rows, read_value, read_values
from crm_mailchimp.sessions import open_session
from crm_mailchimp.statements import SQL_ROOT
from crm_mailchimp.warehouse.bi_login import renew_reading
from crm_mailchimp.warehouse.definitions import (
    VIEWS,
    Definition,
    made_by_migrations,
    read_definitions,
)
from crm_mailchimp.warehouse.locks import named_lock
from crm_mailchimp.warehouse.migration_error import MigrationError
from crm_mailchimp.warehouse.reapply import reapply
from crm_mailchimp.warehouse.rights import read_rights, restore_rights

__all__ = ["MigrationError", "Upgrade", "migration_files", "upgrade"]

MIGRATIONS = SQL_ROOT / "migrations"

#: What was applied lives in a schema of its own.
BOOKKEEPING_SCHEMA = "migration"
#: The first migration makes them.
_OWN_SCHEMAS = ("staging", "sync", "stats", "mart")

_FILE_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")
#: Older versions kept a second record of the same in ``alembic_version``.
_PREPARE = f"""
    create schema if not exists {BOOKKEEPING_SCHEMA};
    create table if not exists {BOOKKEEPING_SCHEMA}.applied_file (
        file_name text primary key,
        checksum text not null,
        applied_at timestamptz not null default now()
    );
    comment on table {BOOKKEEPING_SCHEMA}.applied_file is
        'Migration files run in this database, with the SHA-256 of their text.';
    create table if not exists {BOOKKEEPING_SCHEMA}.applied_definition (
        identity text primary key,
        checksum text not null,
        applied_at timestamptz not null default now()
    );
    comment on table {BOOKKEEPING_SCHEMA}.applied_definition is
        'Views, functions and triggers of the project in this database, with the SHA-256 of the '
        'files that define them.';
    drop table if exists {BOOKKEEPING_SCHEMA}.alembic_version;
"""


@dataclass(frozen=True)
class MigrationFile:
    """One numbered SQL file."""

    number: str
    name: str
    text: str

    @property
    def checksum(self) -> str:
        # Line ends may differ between checkouts without any difference in meaning.
        return hashlib.sha256(self.text.replace("\r\n", "\n").encode()).hexdigest()


class _Applied(NamedTuple):
    """A file or an object that this database has, and the SHA-256 of its text."""

    name: str
    checksum: str


@dataclass(frozen=True)
class Upgrade:
    """What was applied.

    Attributes:
        migrations: names of the migration files, in order.
        definitions: how many views, functions and triggers; 0 where none had to be.
    """

    migrations: list[str]
    definitions: int


def migration_files(folder: Path = MIGRATIONS) -> list[MigrationFile]:
    """The migration files in their order.

    Raises:
        MigrationError: a name does not fit ``NNNN_name.sql``, or a number is there twice.
    """
    files: list[MigrationFile] = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if not match:
            raise MigrationError(f"migration file {path.name}: the name must be NNNN_name.sql")
        if files and files[-1].number == match["number"]:
            raise MigrationError(
                f"migration files {files[-1].name} and {path.name} have the same number"
            )
        files.append(MigrationFile(match["number"], path.name, path.read_text(encoding="utf-8")))
    if not files:
        raise MigrationError(f"no migration files in {folder}")
    return files


def upgrade(
    dsn: str, folder: Path = MIGRATIONS, views: Path = VIEWS, *, beside_crm: bool = False
) -> Upgrade:
    """Apply what is missing, all in one transaction: after an error the warehouse is as before.

    An advisory lock makes several at once safe: the later ones wait, then find nothing to do.
    Rights on views and functions stay. Logins of BI tools may then read what is new, too.

    Args:
        dsn: of the warehouse: ``postgresql://…`` or libpq keywords; its login owns the database
            or may create schemas in it.
        folder: where the migration files are.
        views: where the files of views, functions and triggers are.
        beside_crm: a new warehouse may share its database with the CRM.

    Raises:
        MigrationError: an applied file has changed or is gone, or a file failed. Or an object of
            others is in the way. Or the database is the CRM's.
        psycopg.Error: the database cannot be reached.
    """
    files = migration_files(folder)
    definitions = read_definitions(views)
    with (
        open_session(dsn, autocommit=True) as connection,
        named_lock(connection, "migrations"),
        connection.transaction(),
    ):
        if not beside_crm:
            _refuse_crm(connection)
        connection.execute("set local client_min_messages = warning")
        _require_room(connection)
        connection.execute(_PREPARE)
        missing = _missing(connection, files)
        recorded = _recorded(connection)
        changed = recorded != {known.identity: known.checksum for known in definitions}
        if missing or changed:
            formerly = set(recorded) or made_by_migrations(views)
            rights = read_rights(connection, formerly)
            for file in missing:
                _run(connection, file)
            reapply(connection, definitions, formerly)
            restore_rights(connection, rights)
            _record(connection, definitions)
        renew_reading(connection)
    return Upgrade([file.name for file in missing], len(definitions) if missing or changed else 0)


def _refuse_crm(connection: psycopg.Connection[Any]) -> None:
    kind = database_kind(connection)
    if kind.is_crm and not kind.has_state:
        raise MigrationError(
            f"{CRM_WORDS}. Nothing was created. Write the warehouse's database in --dsn. If both "
            "shall be in one database, add --beside-crm"
        )


def _require_room(connection: psycopg.Connection[Any]) -> None:
    """A new warehouse makes its own schemas.

    Raises:
        MigrationError: schemas of these names belong to something else.
    """
    applied = f"{BOOKKEEPING_SCHEMA}.applied_file"
    if read_value(connection, bool, "select to_regclass(%s) is not null", (applied,)):
        return
    taken = read_values(
        connection,
        str,
        # An empty schema for the bookkeeping is nobody's.
        "select nspname::text from pg_catalog.pg_namespace as namespace where nspname = any(%s)"
        " or (nspname = %s and exists (select from pg_catalog.pg_class"
        " where relnamespace = namespace.oid)) order by 1",
        (list(_OWN_SCHEMAS), BOOKKEEPING_SCHEMA),
    )
    if taken:
        names, own = " and ".join(taken), ", ".join([*_OWN_SCHEMAS, BOOKKEEPING_SCHEMA])
        raise MigrationError(
            f"{place_of(connection)}: the database already has {names}, which "
            f"{'is' if len(taken) == 1 else 'are'} not ours. A new warehouse makes its own schemas "
            f"{own}. Nothing was created. Use another database, or rename what is there"
        )


def _missing(
    connection: psycopg.Connection[Any], files: Iterable[MigrationFile]
) -> list[MigrationFile]:
    known = {file.name: file for file in files}
    rows = read_rows(
        connection,
        _Applied,
        "select file_name as name, checksum"
        f" from {BOOKKEEPING_SCHEMA}.applied_file order by file_name",
    )
    for row in rows:
        if row.name not in known:
            raise MigrationError(
                f"migration {row.name} was applied to this database but its file is gone. "
                "This code is older than the database, or the file was renamed"
            )
        if known[row.name].checksum != row.checksum:
            raise MigrationError(
                f"migration {row.name} was changed after it was applied to this database. Put it "
                "back and add a new file (or drop a development database and migrate again)"
            )
    applied = {row.name for row in rows}
    newest = max(applied, default="")
    missing = [file for name, file in known.items() if name not in applied]
    for file in missing:
        if file.name < newest:
            raise MigrationError(
                f"migration {file.name} comes before {newest}, which was applied to this database "
                "already: give it a higher number"
            )
    return missing


def _run(connection: psycopg.Connection[Any], file: MigrationFile) -> None:
    try:
        connection.execute(file.text)  # a file of ours
    except psycopg.Error as error:
        raise MigrationError(f"migration {file.name} failed: {error}") from error
    connection.execute(
        f"insert into {BOOKKEEPING_SCHEMA}.applied_file (file_name, checksum) values (%s, %s)",
        (file.name, file.checksum),
    )


def _recorded(connection: psycopg.Connection[Any]) -> dict[str, str]:
    return dict(
        read_rows(
            connection,
            _Applied,
            f"select identity as name, checksum from {BOOKKEEPING_SCHEMA}.applied_definition",
        )
    )


def _record(connection: psycopg.Connection[Any], definitions: Sequence[Definition]) -> None:
    connection.execute(f"delete from {BOOKKEEPING_SCHEMA}.applied_definition")
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into {BOOKKEEPING_SCHEMA}.applied_definition (identity, checksum)"
            " values (%s, %s)",
            [(known.identity, known.checksum) for known in definitions],
        )
