"""Bring the warehouse up to date: Alembic runs the numbered SQL files of ``sql/migrations``.

Every file ``NNNN_name.sql`` is one revision that follows the one before it, so adding a file is
all it takes. What was applied is kept with its checksum, because a file that changes afterwards
would leave databases that differ under the same version.
"""

# ruff: noqa: PLC0415 - Alembic and SQLAlchemy take a second, and only migrating needs them

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import psycopg

from crm_mailchimp.statements import SQL_ROOT
from crm_mailchimp.warehouse.bi_login import renew_reading
from crm_mailchimp.warehouse.locks import named_lock

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from sqlalchemy import Engine

#: Alembic's version and the checksums live in a schema of their own.
BOOKKEEPING_SCHEMA = "migration"

_FILE_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")
_PREPARE = f"""
    create schema if not exists {BOOKKEEPING_SCHEMA};
    create table if not exists {BOOKKEEPING_SCHEMA}.applied_file (
        file_name text primary key,
        checksum text not null,
        applied_at timestamptz not null default now()
    );
    comment on table {BOOKKEEPING_SCHEMA}.applied_file is
        'Migration files run in this database, with the SHA-256 of their text.';
"""


class MigrationError(Exception):
    """The warehouse cannot be brought up to date; the text says what to do."""


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


def migration_files(folder: Path = SQL_ROOT / "migrations") -> list[MigrationFile]:
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


def migrate(dsn: str, folder: Path = SQL_ROOT / "migrations") -> list[str]:
    """Apply what is missing, each file in a transaction of its own.

    An advisory lock makes several at once safe: the later ones wait, then find nothing to do.
    Logins of BI tools may then read what is new, too.

    Args:
        dsn: of the warehouse: ``postgresql://…`` or libpq keywords; its login owns the database
            or may create schemas in it.
        folder: where the files are.

    Returns:
        names of the files applied, in order; empty when the warehouse was up to date.

    Raises:
        MigrationError: an applied file has changed or is gone, or a file failed.
        psycopg.Error: the database cannot be reached.
    """
    files = migration_files(folder)
    with psycopg.connect(dsn, autocommit=True) as guard, named_lock(guard, "migrations"):
        guard.execute("set client_min_messages = warning")
        guard.execute(_PREPARE)
        _check_applied(guard, files)
        applied = _upgrade(dsn, files)
        renew_reading(guard)
        return applied


def _check_applied(connection: psycopg.Connection[Any], files: Iterable[MigrationFile]) -> None:
    known = {file.name: file for file in files}
    rows = connection.execute(
        f"select file_name, checksum from {BOOKKEEPING_SCHEMA}.applied_file order by file_name"
    ).fetchall()
    for name, checksum in rows:
        if name not in known:
            raise MigrationError(
                f"migration {name} was applied to this database but its file is gone: "
                "this code is older than the database, or the file was renamed"
            )
        if known[name].checksum != checksum:
            raise MigrationError(
                f"migration {name} was changed after it was applied to this database: put it "
                "back and add a new file (or drop a development database and migrate again)"
            )
    newest = rows[-1][0] if rows else ""
    for name in known.keys() - {name for name, _ in rows}:
        if name < newest:
            raise MigrationError(
                f"migration {name} comes before {newest}, which was applied to this database "
                "already: give it a higher number"
            )


def _upgrade(dsn: str, files: list[MigrationFile]) -> list[str]:
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from alembic.script import Script
    from alembic.script.revision import RevisionError, RevisionMap

    applied: list[str] = []
    engine = _engine(dsn)
    with engine.connect() as connection:

        def run_file(file: MigrationFile) -> None:
            driver: Any = connection.connection.driver_connection
            try:
                driver.execute(file.text)
                driver.execute(
                    f"insert into {BOOKKEEPING_SCHEMA}.applied_file (file_name, checksum)"
                    " values (%s, %s)",
                    (file.name, file.checksum),
                )
            except psycopg.Error as error:
                raise MigrationError(f"migration {file.name} failed: {error}") from error
            applied.append(file.name)

        scripts: list[Script] = []
        for file in files:
            module = _revision_module(file, scripts[-1].revision if scripts else None, run_file)
            scripts.append(Script(module, file.number, file.name))
        revisions = RevisionMap(lambda: scripts)

        def missing(heads: Any, _: MigrationContext) -> list[RevisionStep]:
            try:
                newest_first = list(revisions.iterate_revisions("head", heads or "base"))
            except RevisionError as error:
                raise MigrationError(
                    f"this database is at version {', '.join(heads)}, which this code does not "
                    "know: the code is older than the database"
                ) from error
            return [
                RevisionStep(revisions, cast("Script", revision), is_upgrade=True)
                for revision in reversed(newest_first)
            ]

        context = MigrationContext.configure(
            connection,
            opts={
                "fn": missing,
                "version_table_schema": BOOKKEEPING_SCHEMA,
                "transaction_per_migration": True,
            },
        )
        context.run_migrations()
    engine.dispose()
    return applied


def _engine(dsn: str) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    # psycopg itself reads the DSN, so that every form libpq knows is good here too.
    return create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool
    )


def _revision_module(file: MigrationFile, previous: str | None, run_file: Any) -> ModuleType:
    """What Alembic would otherwise import from a ``versions/`` folder."""
    module = ModuleType(f"migration_{file.number}")
    module.__dict__.update(
        revision=file.number,
        down_revision=previous,
        upgrade=lambda: run_file(file),
        downgrade=None,
    )
    return module
