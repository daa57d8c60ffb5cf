"""What a backup's file holds: its migrations and its installation, read before it is restored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.warehouse.dump_programs import DumpProgramError, DumpPrograms, run_program
from crm_mailchimp.warehouse.migrations import BOOKKEEPING_SCHEMA

#: Everything of ours, and of people who put tables or views beside it.
SCHEMAS = ("staging", "sync", "stats", "mart", BOOKKEEPING_SCHEMA)
#: Tables that nobody can rebuild. A backup without one of them is none.
KEPT_TABLES = ("suppression", "suppression_key", "erased_subscriber", "installation")
_MADE_BY = re.compile(r"^; +Dumped from database version: (\d+)", re.MULTILINE)
_TABLE = re.compile(r"^\d+; \d+ \d+ TABLE (\w+) (\w+) ", re.MULTILINE)
_BOOKKEEPING_ROWS = re.compile(rf"^\d+; \d+ \d+ TABLE DATA {BOOKKEEPING_SCHEMA} ")
_COPY = re.compile(
    r"^COPY (?P<table>[\w.]+) \((?P<columns>[^)]*)\) FROM stdin;\n(?P<rows>.*?)^\\\.$",
    re.MULTILINE | re.DOTALL,
)


class NoBackupError(PermanentError):
    """A file is not a whole backup of a warehouse."""


class AppliedFile(NamedTuple):
    """A migration, view, function or trigger that a warehouse has.

    Attributes:
        name: of the file, or the object's identity.
        checksum: SHA-256 of its text.
        applied_at: in Postgres's ISO form.
    """

    name: str
    checksum: str
    applied_at: str


@dataclass(frozen=True)
class BackupContent:
    """What a backup says about itself.

    Attributes:
        server_major: major version of the server that it was made from.
        entries: lines of its list, without the rows of the migrations' own tables.
        migrations: the applied files.
        definitions: views, functions and triggers. Old warehouses had no such record: empty.
        installation_id: of ``sync.installation``.
    """

    server_major: int
    entries: str = field(repr=False)
    migrations: list[AppliedFile]
    definitions: list[AppliedFile]
    installation_id: str


def read_backup(file: Path, programs: DumpPrograms) -> BackupContent:
    """What a file holds.

    Raises:
        NoBackupError: it cannot be read, is cut off, or is no backup of a warehouse.
    """
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise NoBackupError(f"{file}: {error.strerror}") from None
    restore = programs.folder / "pg_restore"
    try:
        listing = run_program(restore, ["--list", str(file)], {})
        rows = _own_rows(restore, file)
    except DumpProgramError as error:
        if "unsupported version" in str(error):
            raise NoBackupError(
                f"{file}: was made by a newer pg_dump than the programs in {programs.folder}. "
                "Restore it on a server that is not older than the one it was made from"
            ) from None
        raise NoBackupError(f"{file}: is no backup, or not a whole one ({error})") from None
    made_by = _MADE_BY.search(listing)
    tables = set(_TABLE.findall(listing))
    missing = [f"sync.{name}" for name in KEPT_TABLES if ("sync", name) not in tables]
    if not made_by or missing or not rows.get(f"{BOOKKEEPING_SCHEMA}.applied_file"):
        named = f" (it has no {missing[0]})" if missing else ""
        raise NoBackupError(f"{file}: is no backup of a warehouse of this project{named}")
    installations = rows.get("sync.installation")
    if not installations or not rows.get("sync.suppression_key"):
        raise NoBackupError(
            f"{file}: the backup was made of a warehouse that had lost its installation or its "
            "key. Take an older backup"
        )
    return BackupContent(
        int(made_by[1]),
        "".join(
            line for line in listing.splitlines(keepends=True) if not _BOOKKEEPING_ROWS.match(line)
        ),
        _applied(rows, "applied_file", "file_name"),
        _applied(rows, "applied_definition", "identity"),
        installations[0]["installation_id"],
    )


def _own_rows(restore: Path, file: Path) -> dict[str, list[dict[str, str]]]:
    tables = ("applied_file", "applied_definition", "installation", "suppression_key")
    text = run_program(
        restore,
        [
            "--data-only",
            f"--schema={BOOKKEEPING_SCHEMA}",
            "--schema=sync",
            *(f"--table={name}" for name in tables),
            "--file=-",
            str(file),
        ],
        {},
    )
    return {found["table"]: list(_rows(found)) for found in _COPY.finditer(text)}


def _rows(found: re.Match[str]) -> Iterator[dict[str, str]]:
    columns = found["columns"].split(", ")
    for line in found["rows"].splitlines():
        yield dict(zip(columns, line.split("\t"), strict=True))


def _applied(rows: dict[str, list[dict[str, str]]], table: str, name: str) -> list[AppliedFile]:
    found = rows.get(f"{BOOKKEEPING_SCHEMA}.{table}", [])
    return [AppliedFile(row[name], row["checksum"], row["applied_at"]) for row in found]
