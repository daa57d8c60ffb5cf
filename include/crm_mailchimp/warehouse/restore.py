"""Restore a backup into a new database, with the erasures that came after it.

Nothing that exists is overwritten: the warehouse in use stays as it is. The new database counts as
a warehouse only when everything is in it. Until then each task refuses it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.database_kind import CRM_WORDS, database_kind
from crm_mailchimp.dsn import readable_dsn
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.named_connection import place_of
from crm_mailchimp.rows import read_row, read_value, read_values
from crm_mailchimp.sessions import open_session
from crm_mailchimp.statements import statement
from crm_mailchimp.warehouse.backup import server_major
from crm_mailchimp.warehouse.backup_file import (
    KEPT_TABLES,
    SCHEMAS,
    BackupContent,
    read_backup,
)
from crm_mailchimp.warehouse.copying import copy_query
from crm_mailchimp.warehouse.deployment import release
from crm_mailchimp.warehouse.dump_programs import (
    DumpProgramError,
    DumpPrograms,
    failed_at,
    find_programs,
    open_target,
    run_program,
)
from crm_mailchimp.warehouse.locks import try_named_lock
from crm_mailchimp.warehouse.migrations import BOOKKEEPING_SCHEMA, migration_files

_ERASED_TABLES = {
    "suppression": ("kind", "digest", "cause", "suppressed_at"),
    "erased_subscriber": ("digest", "noted_at", "erased_at"),
}
_RECORD_FILES = (
    f"insert into {BOOKKEEPING_SCHEMA}.applied_file (file_name, checksum, applied_at)"
    " values (%s, %s, %s)"
)
_RECORD_DEFINITIONS = (
    f"insert into {BOOKKEEPING_SCHEMA}.applied_definition (identity, checksum, applied_at)"
    " values (%s, %s, %s)"
)
_TWO_INSTALLATIONS = (
    "the former warehouse and the backup are of two installations. Take a backup of this one"
)


class RestoreRefusedError(PermanentError):
    """The backup cannot go into this database; nothing was changed, unless the text says so."""


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    Attributes:
        merged: digests on the two lists of erased people that the backup did not have.
        deployment_id: of the Airflow that the backed-up warehouse belonged to; None: of none.
    """

    merged: int
    deployment_id: str | None


class _Identity(NamedTuple):
    """What makes a warehouse the same installation as a backup."""

    installation_id: str
    hmac_key: bytes


def restore_backup(
    dsn: str,
    source: Path,
    *,
    former: str | None,
    programs: Path | None = None,
    beside_crm: bool = False,
) -> Restored:
    """Restore a backup as it was made; ``upgrade`` then brings it up to date.

    No Airflow may work with the restored warehouse until a person hands it over.

    Args:
        dsn: of a database without any warehouse.
        source: the backup.
        former: DSN of the warehouse in use until now, whose erasures are taken over. None: it is
            lost.
        programs: folder of pg_dump and pg_restore; None: see ``find_programs``.
        beside_crm: the database may be the CRM's.

    Raises:
        RestoreRefusedError: the database is not new, or the CRM's. Or the backup is newer than
            this code or the server. Or the former warehouse is another installation's, or in use.
        NoBackupError: the file is no whole backup.
        DumpProgramError: pg_restore is missing, too old, or failed.
        psycopg.Error: a database cannot be reached.
    """
    with open_session(readable_dsn(dsn), autocommit=True) as target:
        _require_new(target, beside_crm=beside_crm)
        found = find_programs(server_major(target), programs)
        content = read_backup(source, found)
        _require_known(content)
        if content.server_major > (major := server_major(target)):
            raise RestoreRefusedError(
                f"{source} was made from Postgres {content.server_major}, and this server is "
                f"{major}: use a server that is not older"
            )
        with _former_warehouse(former, content) as old, _alone(target):
            _require_new(target, beside_crm=beside_crm)
            _run(found, dsn, place_of(target), source, content)
            with target.transaction():
                merged = _merge(old, target) if old else 0
                # Questions that people were asked name ids of the warehouse that is gone.
                target.execute(statement("warehouse/advance_ids"), {"schemas": ["sync", "stats"]})
                # The backup may be of a warehouse that its Airflow still works with.
                deployment_id = release(target)
                _record(target, content)
    return Restored(merged, deployment_id)


def _require_new(target: Connection[Any], *, beside_crm: bool) -> None:
    place = place_of(target)
    if database_kind(target).is_crm and not beside_crm:
        raise RestoreRefusedError(
            f"{place}: {CRM_WORDS}. Nothing was restored. Name a new, empty database in --dsn. If "
            "both shall be in one database, add --beside-crm"
        )
    taken = read_values(
        target,
        str,
        "select nspname::text from pg_catalog.pg_namespace where nspname = any(%s) order by 1",
        (list(SCHEMAS),),
    )
    if taken:
        raise RestoreRefusedError(
            f"{place}: the database already has {', '.join(taken)}. Nothing was restored. A backup "
            "goes into a new, empty database (createdb), and the warehouse in use stays as it is. "
            "If a restore into this database was cut off, drop it first"
        )


def _require_known(content: BackupContent) -> None:
    known = {file.name: file.checksum for file in migration_files()}
    for file in content.migrations:
        if known.get(file.name) != file.checksum:
            raise RestoreRefusedError(
                f"this code does not know the backup's migration {file.name} in that form. The "
                "backup is from a newer version: install that one, or take another backup"
            )


@contextmanager
def _former_warehouse(
    former: str | None, content: BackupContent
) -> Iterator[Connection[Any] | None]:
    """The warehouse in use until now, while no erasure can begin in it."""
    if former is None:
        yield None
        return
    with open_session(readable_dsn(former), autocommit=True) as old:
        place = place_of(old)
        missing = [
            f"sync.{name}"
            for name in KEPT_TABLES
            if read_value(old, bool, "select to_regclass(%s) is null", (f"sync.{name}",))
        ]
        identity = None if missing else read_row(old, _Identity, statement("warehouse/identity"))
        if identity is None:
            raise RestoreRefusedError(
                f"{place}: the former warehouse has no usable {', '.join(missing) or 'key'}. Put "
                "the newest copy of it back there. If no copy is left, write --former-lost"
            )
        if identity.installation_id != content.installation_id:
            raise RestoreRefusedError(f"{place}: {_TWO_INSTALLATIONS}")
        with try_named_lock(old, "erasure") as is_free:
            busy = read_value(old, int, statement("warehouse/count_busy_sessions"))
            if not is_free or busy:
                raise RestoreRefusedError(
                    f"{place}: {busy} sessions work with the former warehouse. Pause the DAGs, let "
                    "running tasks end, and try again"
                )
            yield old


@contextmanager
def _alone(target: Connection[Any]) -> Iterator[None]:
    with try_named_lock(target, "migrations") as is_free:
        if not is_free:
            raise RestoreRefusedError(
                f"{place_of(target)}: another command creates or restores a warehouse there"
            )
        yield


def _run(
    programs: DumpPrograms, dsn: str, place: str, source: Path, content: BackupContent
) -> None:
    where, environment = open_target(dsn)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as entries:
        entries.write(content.entries)
        entries.flush()
        arguments = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        arguments += ["--no-password", f"--use-list={entries.name}", *where, str(source)]
        try:
            run_program(programs.folder / "pg_restore", arguments, environment)
        except DumpProgramError as error:
            outcome = "Nothing was restored, and the database is still empty"
            raise failed_at(place, error, outcome) from None


def _merge(old: Connection[Any], target: Connection[Any]) -> int:
    """Add what the former warehouse knows of erased people; returns how many digests are new.

    Raises:
        RestoreRefusedError: its digests are made with another key.
    """
    identities = [
        read_row(one, _Identity, statement("warehouse/identity")) for one in (old, target)
    ]
    if identities[0] != identities[1]:
        raise RestoreRefusedError(f"{_TWO_INSTALLATIONS}. Drop the new database")
    for table, columns in _ERASED_TABLES.items():
        names = ", ".join(columns)
        target.execute(
            f"create temporary table former_{table} on commit drop as"
            f" select {names} from sync.{table} with no data"
        )
        copy_query(old, f"select {names} from sync.{table}", target, f"former_{table}", columns)
    return read_value(target, int, statement("warehouse/merge_erased"))


def _record(target: Connection[Any], content: BackupContent) -> None:
    """From its commit on the database is a warehouse."""
    with target.cursor() as cursor:
        cursor.executemany(_RECORD_FILES, content.migrations)
        if content.definitions:
            cursor.executemany(_RECORD_DEFINITIONS, content.definitions)
