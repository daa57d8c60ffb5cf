"""The servers of a trial: two Postgres servers that may be killed, and a sandbox with a memory."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import psycopg

from conftest import MailchimpSandbox
from local_installation import postgres as embedded
from mailchimp_sandbox.__main__ import main as serve_sandbox
from reliability.processes import PROCESSES, begin_with_all_modules

#: A commit that was answered survives the end of the server, as in a real installation. What a
#: machine without power would lose is not tried here.
_SETTINGS = {"synchronous_commit": "on", "shared_buffers": "64MB", "max_connections": "100"}
_DIRECT = "?sslmode=disable&gssencmode=disable"


class NotPermittedError(Exception):
    """This machine does not permit what a fault needs; the text says what."""


class SmallDisk:
    """A disk of its own for a server: a tmpfs whose size may shrink to what is in use.

    Raises:
        NotPermittedError: this account may not mount.
    """

    ROOMY = "3g"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mount("-t", "tmpfs", "-o", f"size={self.ROOMY},mode=755", "tmpfs")

    def _mount(self, *arguments: str) -> None:
        done = subprocess.run(
            ["mount", *arguments, str(self.folder)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotPermittedError(
                f"not tried: this account may not mount a small disk ({done.stderr.strip()})"
            )

    def fill(self, left: int) -> None:
        """Leave so many bytes free."""
        used = shutil.disk_usage(self.folder).used
        self._mount("-o", f"remount,size={used + left}")

    def empty(self) -> None:
        self._mount("-o", f"remount,size={self.ROOMY}")

    def remove(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], capture_output=True, check=False)


def fake_time_library() -> Path:
    """Where ``libfaketime`` is, which puts another clock under a process.

    Raises:
        NotPermittedError: this machine does not have it.
    """
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        raise NotPermittedError("not tried: libfaketime is missing (apt-get install faketime)")
    return found[0]


class Clock:
    """A server's clock that jumps while the server runs: ``libfaketime`` reads a file.

    Raises:
        NotPermittedError: this machine has no ``libfaketime``.
    """

    def __init__(self, file: Path) -> None:
        self._library, self._file = fake_time_library(), file
        self.jump(0)
        file.chmod(0o644)

    def jump(self, seconds: int) -> None:
        """Go wrong by so many seconds; 0 is right."""
        self._file.write_text(f"{seconds:+d}\n", encoding="ascii")

    @contextmanager
    def of_processes(self) -> Iterator[None]:
        """Processes that start within the block have this clock."""
        names = {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        before = {name: os.environ.get(name) for name in names}
        os.environ.update(names)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


class Postgres:
    """A server that trials kill and start again, always on the same port."""

    def __init__(
        self,
        folder: Path,
        disk: SmallDisk | NotPermittedError | None = None,
        clock: Clock | NotPermittedError | None = None,
    ) -> None:
        self.folder, self.disk, self.clock = folder, disk, clock
        self._guard = threading.Lock()
        self._server = self._start(0)
        self.port = self._server.port

    def _start(self, port: int) -> embedded.Server:
        clock = self.clock.of_processes() if isinstance(self.clock, Clock) else nullcontext()
        with clock:
            return embedded.start(
                self.folder / "data", port=port, durable=False, settings=_SETTINGS
            )

    def dsn(self, database: str = "postgres", *, port: int | None = None) -> str:
        """Connection URL of a database; ``port`` is a line's in front of this server."""
        dsn = self._server.dsn(database) + _DIRECT
        return dsn.replace(f":{self.port}/", f":{port}/") if port else dsn

    def plain_dsn(self, database: str) -> str:
        """Connection URL without parameters, for programs that know none of ours."""
        return self._server.dsn(database)

    def restart(self, how: signal.Signals) -> None:
        """End the server with a signal, and start it again.

        Args:
            how: SIGINT ends it cleanly, SIGQUIT at once, SIGKILL kills its first process.
        """
        with self._guard:
            if how is not signal.SIGINT:
                with suppress(ProcessLookupError):
                    os.kill(self._server.pid, how)
            self._server.stop()
            self._server = self._start(self.port)

    def is_up(self) -> bool:
        try:
            psycopg.connect(self.dsn(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def copy(self, name: str, template: str) -> None:
        """A database that is a copy of another one, which nobody uses."""
        self.end_sessions(template)
        self._server.create_database(name, template=template)
        # Postgres writes a sequence ahead. In a copy it knows of that only after a checkpoint, and
        # would give numbers a second time after a crash.
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute("checkpoint")

    def create(self, name: str) -> str:
        self._server.create_database(name)
        return self.dsn(name)

    def drop(self, name: str) -> None:
        self._server.drop_database(name)

    def end_sessions(self, database: str) -> int:
        """End all sessions of a database by ``pg_terminate_backend``; gives their number."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            rows = connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where datname = %s and pid <> pg_backend_pid()",
                (database,),
            ).fetchall()
        return len(rows)

    def stop(self) -> None:
        self._server.stop()


@contextmanager
def postgres_server(
    *, on_small_disk: bool = False, has_own_clock: bool = False
) -> Iterator[Postgres]:
    """A server of its own, as long as the context lasts.

    Args:
        on_small_disk: its data lies on a disk of its own where this account may mount one;
            otherwise ``disk`` of the server is the error that says so.
        has_own_clock: the server's clock may jump; as with ``disk``.
    """
    folder = Path(tempfile.mkdtemp(prefix="crm-reliability-"))
    folder.chmod(0o755)
    with ExitStack() as left:
        left.callback(shutil.rmtree, folder, ignore_errors=True)
        disk: SmallDisk | NotPermittedError | None = None
        if on_small_disk:
            try:
                disk = SmallDisk(folder)
                left.callback(disk.remove)
            except NotPermittedError as error:
                disk = error
        clock: Clock | NotPermittedError | None = None
        if has_own_clock:
            try:
                clock = Clock(folder / "clock")
            except NotPermittedError as error:
                clock = error
        server = Postgres(folder, disk, clock)
        left.callback(server.stop)
        yield server


@contextmanager
def sandbox_with(state: Path) -> Iterator[MailchimpSandbox]:
    """A sandbox that begins with a saved state, if the file is there, and saves on demand."""
    words, far = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_serve, args=(state, far), daemon=True)
    begin_with_all_modules()
    process.start()
    far.close()
    try:
        assert words.poll(60), "the sandbox did not start"
        ready = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+/3\.0)", words.recv())
        assert ready and process.pid
        yield MailchimpSandbox(ready[1], "sandbox-us1", process.pid)
    finally:
        words.close()
        process.kill()
        process.join()


class _Words(io.TextIOBase):
    """Passes each line that a process prints to a pipe."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    def write(self, text: str) -> int:
        if text.strip():
            self._pipe.send(text.strip())
        return len(text)


def _serve(state: Path, pipe: Any) -> None:
    sys.stdout = _Words(pipe)
    serve_sandbox(["--port", "0", "--state", str(state)])


def quiet(sandbox: Any) -> None:
    """Nobody in the sandbox acts by chance: only the story does."""
    rates = ("open", "click", "proxy", "hard_bounce", "soft_bounce", "unsubscribe", "abuse")
    sandbox.control("POST", "behaviour", dict.fromkeys((*rates, "forward", "sign_up"), 0.0))
