"""Postgres's own programs pg_dump and pg_restore: which ones fit a server, and how to run them.

A password goes to them in the environment, never on the command line. Their errors may quote rows,
and rows are people. So only words that are about the server, a file or a table are shown.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.scrubbing import scrub

#: Where Debian's and Red Hat's packages put each version.
_PACKAGED = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_CONNECT_SECONDS = 10
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_BLOCK = 1 << 20
#: The newest programs that fit servers which are not newer than this.
_NEWEST_FOR_OLD = 16
#: Errors of the programs that quote no row. Source: PostgreSQL 15 to 18, src/bin/pg_dump.
_SAFE = tuple(
    re.compile(words)
    for words in (
        r"connection to server .*",
        r".*server version.*",
        r".*permission denied for \w+ \S+",
        r".*No space left on device",
        r".*input file .*",
        r"unsupported version .*",
        r".*unrecognized configuration parameter .*",
        r".*terminating connection.*",
        r".*server closed the connection.*",
        r".*canceling statement.*",
        r".*No such file or directory",
        r".*could not (?:extend|write to|read) file .*",
        r".*out of (?:shared )?memory.*",
        r".*ERROR:  (?:relation|schema|type|role|extension|function|language) \S+ .*exist.*",
        r'COPY failed for table "\w+"',
    )
)

#: What to do about words of the programs; the first that fits.
_REMEDIES = (
    (
        re.compile(r"permission denied"),
        "--dsn has to name the login that owns the database and the warehouse",
    ),
    (re.compile(r"No space left"), "Make room on that disk"),
    (
        re.compile(r"out of shared memory"),
        "Give the server more max_locks_per_transaction (256 is enough), and restart it",
    ),
    (
        re.compile(r"connection|canceling|out of memory"),
        "See that the server runs and can be reached. Its log says more",
    ),
    (re.compile(r": "), "Correct that"),
    # Without words: they could quote rows.
    (
        re.compile(""),
        "Its own words may quote people's data, so they are not shown. The server's log has them,"
        " at this time",
    ),
)


class DumpProgramError(PermanentError):
    """A program of Postgres is missing, too old, or failed; the text says what to do."""


@dataclass(frozen=True)
class DumpPrograms:
    """One version of the two programs.

    Attributes:
        folder: where both are.
        major: their major version, such as 18.
    """

    folder: Path
    major: int


def find_programs(server_major: int, folder: Path | None = None) -> DumpPrograms:
    """The oldest version that is not older than the server.

    pg_dump refuses a server that is newer than itself. An archive of a newer pg_dump needs a newer
    pg_restore. From 17 on pg_restore sets ``transaction_timeout``, which older servers refuse: such
    a backup could not be restored there. Source: PostgreSQL 18 manual, pg_dump, "Notes", and tries.

    Args:
        server_major: major version of the server.
        folder: where to look; None: in the folders of Linux packages and of ``PATH``.

    Raises:
        DumpProgramError: there are none, or all are older.
    """
    found = _installed(folder)
    newest = _NEWEST_FOR_OLD if server_major <= _NEWEST_FOR_OLD else None
    fitting = [
        one
        for one in found
        if one.major >= server_major and (newest is None or one.major <= newest)
    ]
    if fitting:
        return min(fitting, key=lambda one: one.major)
    if newest is None:
        wanted = f"{server_major} or newer"
    else:
        wanted = f"{server_major}" if server_major == newest else f"{server_major} to {newest}"
    known = ", ".join(f"{one.major} in {one.folder}" for one in found) or "none"
    raise DumpProgramError(
        f"the server is Postgres {server_major}: pg_dump and pg_restore {wanted} "
        f"are needed. Found: {known}. Install them (Debian: apt-get install "
        f"postgresql-client-{server_major}, from apt.postgresql.org if Debian has it not), or name "
        "their folder with --programs"
    )


def _installed(folder: Path | None) -> list[DumpPrograms]:
    if folder is not None:
        folders = [folder]
    else:
        folders = [found for one in _PACKAGED for found in sorted(Path("/").glob(one[1:]))]
        folders += map(Path, os.get_exec_path())
    found = {one: _major_of(one) for one in dict.fromkeys(folders)}
    return [DumpPrograms(one, major) for one, major in found.items() if major]


def _major_of(folder: Path) -> int:
    """The version of both programs in a folder; 0: they are not there, or are two versions."""
    majors = set()
    for name in ("pg_dump", "pg_restore"):
        try:
            done = subprocess.run(
                [folder / name, "--version"],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        except OSError:
            return 0
        match = _VERSION.search(done.stdout)
        majors.add(int(match[1]) if match else 0)
    return majors.pop() if len(majors) == 1 else 0


def open_target(dsn: str) -> tuple[list[str], dict[str, str]]:
    """Arguments and environment by which a program reaches a database.

    Args:
        dsn: a readable one.

    Raises:
        DumpProgramError: the DSN has a secret that the environment cannot carry.
    """
    secret = {
        option.keyword.decode()
        for option in Conninfo.get_defaults()
        if option.dispchar == b"*"  # libpq's mark of values that are not shown
    }
    parts: dict[str, str] = {
        name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None
    }
    password = parts.pop("password", None)
    if unusable := sorted(secret & parts.keys()):
        raise DumpProgramError(
            f"the DSN has {', '.join(unusable)}: everybody on this machine could read it on the "
            "command line of pg_dump. Put it into a service file (~/.pg_service.conf), and write "
            "service=… in the DSN"
        )
    parts.setdefault("connect_timeout", str(_CONNECT_SECONDS))
    environment = {} if password is None else {"PGPASSWORD": password}
    return [f"--dbname={make_conninfo('', **parts)}"], environment


def run_program(program: Path, arguments: list[str], environment: Mapping[str, str]) -> str:
    """Run a program; returns what it wrote.

    Raises:
        DumpProgramError: it failed.
    """
    return b"".join(stream_program(program, arguments, environment)).decode("utf-8")


def failed_at(place: str, error: DumpProgramError, outcome: str) -> DumpProgramError:
    """The same error with where it happened, what became of the work, and what to do.

    Args:
        place: the database, for people.
        error: of a program.
        outcome: a sentence without its full stop.
    """
    remedy = next(words for pattern, words in _REMEDIES if pattern.search(str(error)))
    return DumpProgramError(f"{place}: {error}. {outcome}. {remedy}. Then run the command again")


def stream_program(
    program: Path, arguments: list[str], environment: Mapping[str, str]
) -> Iterator[bytes]:
    """What a program writes, in blocks. If its reader dies, the program dies of the closed pipe.

    Raises:
        DumpProgramError: it failed, which shows after its last block.
    """
    # LC_ALL: the words of errors are known in English only.
    inherited = {**os.environ, "LC_ALL": "C", "PGCLIENTENCODING": "UTF8", **environment}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=inherited,
        )
        try:
            while process.stdout and (block := process.stdout.read(_BLOCK)):
                yield block
            code = process.wait()
        finally:
            if process.stdout:
                process.stdout.close()
            if process.poll() is None:
                process.kill()
                process.wait()
        if code:
            raise DumpProgramError(_words(program.name, code, errors))


def _words(name: str, code: int, errors: BinaryIO) -> str:
    errors.seek(0)
    text = errors.read(_BLOCK).decode("utf-8", "replace")
    lines = [line.strip() for line in re.findall(r"error: (.*)", text)]
    safe = (words.match(line) for line in lines for words in _SAFE)
    words = scrub(next((one[0] for one in safe if one), ""))
    end = f"by signal {-code}" if code < 0 else f"with code {code}"
    return f"{name} ended {end}" + (f": {words[:300]}" if words else "")
