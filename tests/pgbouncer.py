"""Debian's pgbouncer before a server, as many installations have it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

_PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def is_installed() -> bool:
    """Whether this machine has pgbouncer."""
    return _PROGRAM is not None


@contextmanager
def pgbouncer(
    dsn: str, folder: Path, *, pool_mode: str, pool_size: int = 20, round_robin: bool = False
) -> Iterator[str]:
    """A pooler before a server; gives the DSN of the same database through it.

    Args:
        dsn: of the server, with login and password.
        folder: for its files; readable for everybody.
        pool_mode: ``session`` or ``transaction``.
        pool_size: sessions of the server that it opens at most.
        round_robin: sessions take turns, instead of the last used one first.
    """
    assert _PROGRAM is not None
    server = urlsplit(dsn)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    login, password = unquote(server.username or ""), unquote(server.password or "")
    (folder / "users.txt").write_text(f'"{login}" "{password}"\n', encoding="utf-8")
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        "[databases]\n"
        f"* = host={server.hostname} port={server.port}\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {folder / 'users.txt'}\n"
        f"pool_mode = {pool_mode}\ndefault_pool_size = {pool_size}\n"
        f"server_round_robin = {int(round_robin)}\n",
        encoding="utf-8",
    )
    command = [_PROGRAM, str(configuration)]
    nobody = pwd.getpwnam("nobody")
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "pgbouncer.log").open("wb"),
        # It refuses to run as root.
        **({"user": nobody.pw_uid, "group": nobody.pw_gid} if os.getuid() == 0 else {}),
    )
    through = dsn.replace(f"{server.hostname}:{server.port}", f"127.0.0.1:{port}")
    try:
        _wait(process, through, folder / "pgbouncer.log")
        yield through
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait(process: subprocess.Popen[bytes], dsn: str, log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        try:
            psycopg.connect(dsn, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            last = error
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    raise AssertionError(f"pgbouncer does not answer: {last}")
