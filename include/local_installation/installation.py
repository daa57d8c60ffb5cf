"""Where one local installation lives, and what makes it ours.

Everything the demo makes lies in one folder, ``.local`` of the checkout or what
``CRM_MAILCHIMP_HOME`` names. Nothing but the standard library is imported here: ``make clean``
must work with a broken virtual environment too.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

HOME_SETTING = "CRM_MAILCHIMP_HOME"
CHECKOUT = Path(__file__).resolve().parents[2]
LOCALHOST = "127.0.0.1"

#: The range from which Linux gives ports, and where it begins unless somebody has set that.
_GIVEN_PORTS, _FIRST_GIVEN_PORT = Path("/proc/sys/net/ipv4/ip_local_port_range"), 32_768
_FIRST_PORT, _TRIED_PORTS = 20_000, 50

# A folder may only be removed by `make clean` if this file says that we made it.
_MARKER = "made_by_crm_mailchimp"
_SPACE_NEEDED_MIB = 700
_HOLDER_STOP_SECONDS = 90.0


class InstallationError(RuntimeError):
    """Something is in the way; the message says what, and what to do about it."""


class InUseError(InstallationError):
    """Another run holds the installation."""


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Generated at the first run, kept in a file that only its owner can read."""

    airflow_password: str = field(repr=False)
    crm_query_password: str = field(repr=False)
    mailchimp_key: str = field(repr=False)
    fernet_key: str = field(repr=False)
    jwt_secret: str = field(repr=False)
    api_secret_key: str = field(repr=False)
    bi_password: str = field(repr=False)
    superset_password: str = field(repr=False)
    superset_secret_key: str = field(repr=False)


@dataclass(frozen=True)
class Installation:
    """Folders and files below one home folder.

    Attributes:
        home: the folder.
        is_beside: as a run sees it that works with the databases of another run.
    """

    home: Path
    is_beside: bool = False

    @property
    def lock(self) -> Path:
        """Held by a run, with its process id."""
        return self.home / ("lock_beside" if self.is_beside else "lock")

    @property
    def postgres_data(self) -> Path:
        return self.home / "postgres"

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    @property
    def logs(self) -> Path:
        """What each component says, one file each."""
        return self.home / "logs"

    @property
    def task_logs(self) -> Path:
        return self.airflow_home / "logs"

    @property
    def data_docs(self) -> Path:
        """Reports of the quality checks."""
        return self.home / "data_docs"

    @property
    def sandbox_state(self) -> Path:
        """What the Mailchimp sandbox remembers between runs."""
        return self.home / "mailchimp_sandbox.json"

    @property
    def superset_home(self) -> Path:
        """Files that Superset writes."""
        return self.home / "superset"

    @property
    def running(self) -> Path:
        """One file for each process we started, removed when it ended."""
        return self.home / ("running_beside" if self.is_beside else "running")

    def secrets(self) -> Secrets:
        """The installation's credentials, made at the first call."""
        path = self.home / "secrets.json"
        known: dict[str, str] = {}
        if path.is_file():
            # A run killed while writing cannot leave half a file: it is renamed into place.
            known = json.loads(path.read_text(encoding="utf-8"))
        fresh = Secrets(
            airflow_password=secrets.token_urlsafe(12),
            crm_query_password=secrets.token_urlsafe(24),
            # A key's last part names the account's data centre, as with a real one.
            mailchimp_key=f"{secrets.token_hex(16)}-us1",
            fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"),
            jwt_secret=secrets.token_urlsafe(48),
            api_secret_key=secrets.token_urlsafe(48),
            bi_password=secrets.token_urlsafe(24),
            superset_password=secrets.token_urlsafe(12),
            superset_secret_key=secrets.token_urlsafe(48),
        )
        complete = {**asdict(fresh), **known}
        if complete != known:
            write_private(path, json.dumps(complete, indent=1))
        return Secrets(**{name: complete[name] for name in asdict(fresh)})


def find_installation() -> Installation:
    """The installation of this checkout, or of the folder ``CRM_MAILCHIMP_HOME`` names."""
    chosen = os.environ.get(HOME_SETTING, "").strip()
    return Installation(Path(chosen).expanduser().resolve() if chosen else CHECKOUT / ".local")


@contextmanager
def held(installation: Installation) -> Iterator[None]:
    """Make the home folder if need be and hold it: one run at a time.

    Raises:
        InUseError: another run holds it.
        InstallationError: it is not ours, or the disk is full.
    """
    home = installation.home
    try:
        _require_ours(home)
        # The embedded Postgres may run under another account: it must be able to pass through.
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711)
        (home / _MARKER).touch()
        for folder in (installation.logs, installation.running, installation.airflow_home):
            folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise InstallationError(
            f"cannot use the folder {home}: {error.strerror}. Make it writable, or name another "
            f"one: {HOME_SETTING}=/some/folder make demo"
        ) from error
    free = shutil.disk_usage(home).free // 2**20
    if free < _SPACE_NEEDED_MIB:
        raise InstallationError(
            f"only {free} MiB are free on the disk of {home}, {_SPACE_NEEDED_MIB} MiB are needed. "
            f"Make room, or use another disk: {HOME_SETTING}=/some/folder make demo"
        )
    with installation.lock.open("a+", encoding="ascii") as lock:
        _take(lock, home)
        yield


def remove(installation: Installation) -> None:
    """Remove the home folder and all in it. What still runs must have been stopped before.

    Raises:
        InstallationError: the folder is not one that we made.
    """
    _require_ours(installation.home)
    if installation.home.exists():
        shutil.rmtree(installation.home)


def end_holder(installation: Installation) -> bool:
    """Ask a live run of this installation (make demo, up or bi) to end; True if there was one.

    Raises:
        InstallationError: it did not end in time.
    """
    path = installation.lock
    if not path.is_file():
        return False
    found = False
    deadline = time.monotonic() + _HOLDER_STOP_SECONDS
    while time.monotonic() < deadline:
        with path.open("a+", encoding="ascii") as lock:
            try:
                # The kernel keeps the lock as long as its holder lives, and no longer.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not found:
                    with suppress(ProcessLookupError, ValueError):
                        os.kill(_holder(lock), signal.SIGTERM)
                    found = True
            else:
                return found
        time.sleep(0.2)
    raise InstallationError(
        f"the run that uses {installation.home} does not end: stop it with Ctrl-C first"
    )


def free_port() -> int:
    """A TCP port on this machine that nobody uses now.

    Its server may need a minute to start. Who asks Linux for any port gets one of a certain range.
    So this one is from below that range.
    """
    for port in secrets.SystemRandom().sample(_below_given_ports(), k=_TRIED_PORTS):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOCALHOST, port))
            return port
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        given: int = probe.getsockname()[1]
        return given


def _below_given_ports() -> range:
    """Ports that the system gives to nobody by itself.

    Source: Linux, Documentation/networking/ip-sysctl.rst, ``ip_local_port_range``.
    """
    try:
        first = int(_GIVEN_PORTS.read_text(encoding="ascii").split()[0])
    except OSError:  # not a Linux
        first = _FIRST_GIVEN_PORT
    return range(_FIRST_PORT, max(first, _FIRST_PORT + _TRIED_PORTS))


def require_port(port: int, setting: str) -> int:
    """The port, if nobody listens there.

    Raises:
        InstallationError: it is taken; names the setting that chooses another one.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCALHOST, port))
        except OSError as error:
            raise InstallationError(
                f"port {port} on {LOCALHOST} cannot be used ({error.strerror}). Another program "
                f"keeps it and is left alone. Choose another one: {setting}=8081, or leave "
                f"{setting} unset and the system chooses"
            ) from error
    return port


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
    fresh.rename(path)


def _require_ours(home: Path) -> None:
    # `.local` holds the package cache before the first run; another folder must be new or ours.
    if home == CHECKOUT / ".local" or not home.exists() or (home / _MARKER).is_file():
        return
    if any(home.iterdir()):
        raise InstallationError(
            f"{home} holds something else: {HOME_SETTING} must name a new or empty folder"
        )


def holder(installation: Installation) -> int | None:
    """Process id of the run that holds the installation, or was the last to hold it."""
    try:
        with installation.lock.open(encoding="ascii") as lock:
            return _holder(lock)
    except (OSError, ValueError):
        return None


def _holder(lock: IO[str]) -> int:
    lock.seek(0)
    return int(lock.read().strip())


def _take(lock: IO[str], home: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        raise InUseError(
            f"process {lock.read().strip() or 'unknown'} already runs the installation in {home}. "
            "Stop it there with Ctrl-C (or: make clean), then try again. make up and make bi run "
            "side by side: start the second when the first has its databases"
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
