"""Back up the warehouse into one file: a snapshot of one moment, whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from psycopg import Connection

from crm_mailchimp.dsn import readable_dsn
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.named_connection import place_of
from crm_mailchimp.rows import read_value
from crm_mailchimp.sessions import open_session
from crm_mailchimp.warehouse.backup_file import SCHEMAS, read_backup
from crm_mailchimp.warehouse.dump_programs import (
    DumpProgramError,
    failed_at,
    find_programs,
    open_target,
    stream_program,
)
from crm_mailchimp.warehouse.locks import named_lock
from crm_mailchimp.warehouse.opening import OldWarehouseError, require_warehouse

#: File systems without hard links, such as a Windows share.
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


class BackupFileError(PermanentError):
    """The file cannot be written."""


def back_up(dsn: str, output: Path, *, programs: Path | None = None) -> int:
    """Write everything of the warehouse but the stagings; returns the file's size in bytes.

    Tasks may run meanwhile: pg_dump reads one snapshot. A migration waits. A warehouse that is
    older than this code is backed up, too.

    Args:
        dsn: of the warehouse.
        output: a new file, which only its owner can read.
        programs: folder of pg_dump and pg_restore; None: see ``find_programs``.

    Raises:
        BackupFileError: the file exists, or cannot be written.
        DumpProgramError: pg_dump is missing, too old, or failed.
        NoBackupError: the file does not hold what a restore needs.
        NoWarehouseError: the database is no warehouse.
        psycopg.Error: the database cannot be reached.
    """
    with open_session(readable_dsn(dsn), autocommit=True) as warehouse:
        _require_any_warehouse(warehouse)
        found = find_programs(server_major(warehouse), programs)
        where, environment = open_target(dsn)
        with named_lock(warehouse, "migrations"), _whole_file(output) as (file, unfinished):
            # Stagings are unlogged snapshots of the CRM: names and addresses that age in days.
            arguments = ["--format=custom", "--no-unlogged-table-data", "--no-password"]
            # Nor their tables. A week of hourly runs has over a thousand: many locks for the one
            # transaction of a restore.
            arguments.append("--exclude-table=staging.*_[0-9]+")
            arguments += [f"--schema={schema}" for schema in SCHEMAS]
            program = found.folder / "pg_dump"
            try:
                for block in stream_program(program, [*arguments, *where], environment):
                    file.write(block)
            except DumpProgramError as error:
                raise failed_at(place_of(warehouse), error, "No backup was written") from None
            file.flush()
            os.fsync(file.fileno())
            read_backup(unfinished, found)
            return file.tell()


def server_major(connection: Connection[Any]) -> int:
    """Major version of the server of a connection, such as 18."""
    return read_value(connection, int, "select current_setting('server_version_num')::int") // 10000


def _require_any_warehouse(warehouse: Connection[Any]) -> None:
    try:
        require_warehouse(warehouse)
    except OldWarehouseError:
        return  # from before the record of views: backed up before its upgrade


@contextmanager
def _whole_file(output: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file to write, and its name meanwhile. Only if the block succeeds it gets its own name."""
    unfinished = output.with_name(f".{output.name}.unfinished")
    try:
        if output.exists():
            raise BackupFileError(f"{output} exists already: name a new file")
        with _opened(unfinished) as file:
            try:
                yield file, unfinished
                _give_name(unfinished, output)
            finally:
                unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise BackupFileError(f"{output}: {error.strerror}. No backup was written") from None


def _give_name(unfinished: Path, output: Path) -> None:
    try:
        # A link never replaces a file that appeared meanwhile.
        os.link(unfinished, output)
    except OSError as error:
        if error.errno not in _NO_LINKS or output.exists():
            raise
        unfinished.rename(output)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A file of ours alone. What a killed backup left under the name is overwritten."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupFileError(f"{path}: another backup writes this file") from None
        os.fchmod(descriptor, 0o600)
        file.truncate()
        yield file
