"""``make up`` and ``make bi`` side by side: the second works with the databases of the first.

The first run holds the installation and writes down where its services are. The second finds them
there, and ends when the first ends.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from local_installation import postgres
from local_installation.installation import (
    Installation,
    InstallationError,
    InUseError,
    held,
    holder,
    write_private,
)
from local_installation.local_services import Services
from local_installation.own_processes import stop_leftovers

_LOOK_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Host:
    """The run whose databases another one works with.

    Attributes:
        name: what people started, such as ``make up``.
        pid: its process id.
        postgres_port: of its Postgres, on 127.0.0.1.
        mailchimp_url: of its sandbox.
    """

    name: str
    pid: int
    postgres_port: int
    mailchimp_url: str

    def services(self, installation: Installation) -> Services:
        """Its databases and its sandbox."""
        secrets = installation.secrets()
        return Services(
            server=postgres.find_running(installation.postgres_data, self.postgres_port),
            mailchimp_url=self.mailchimp_url,
            mailchimp_key=secrets.mailchimp_key,
            query_password=secrets.crm_query_password,
        )


@contextmanager
def entered(installation: Installation, name: str) -> Iterator[tuple[Installation, Host | None]]:
    """Hold the installation, or work beside the run that holds it.

    Args:
        installation: of this checkout.
        name: what people started, such as ``make bi``.

    Yields:
        the installation as this run sees it, and the run whose services it uses. None: it starts
        its own.

    Raises:
        InUseError: a run of the same name is there, or one that shares nothing, or not yet.
        InstallationError: as ``held``.
    """
    beside = replace(installation, is_beside=True)
    host = None
    with ExitStack() as running:
        try:
            running.enter_context(held(installation))
        except InUseError:
            host = find_host(installation)
            if host is None or host.name == name:
                raise
            running.enter_context(held(beside))
        else:
            _end_what_a_killed_guest_left(beside)
        yield (beside if host else installation), host


@contextmanager
def shared(installation: Installation, name: str, services: Services) -> Iterator[None]:
    """Say where this run's services are, as long as the context lasts.

    Raises:
        InstallationError: nobody holds the installation.
    """
    path = _record(installation)
    pid = holder(installation)
    if pid is None:
        raise InstallationError(f"nobody holds the installation in {installation.home}")
    host = Host(
        name=name,
        pid=pid,
        postgres_port=services.server.port,
        mailchimp_url=services.mailchimp_url,
    )
    write_private(path, json.dumps(asdict(host)))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def find_host(installation: Installation) -> Host | None:
    """The run that shares its services now; None: there is none."""
    try:
        host = Host(**json.loads(_record(installation).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    # What a killed run wrote names a process that holds nothing any more.
    is_live = holder(installation) == host.pid and Path(f"/proc/{host.pid}").exists()
    return host if is_live else None


def stay(installation: Installation, host: Host | None, require_alive: Callable[[], None]) -> None:
    """Stay until interrupted.

    Args:
        installation: of this run.
        host: the run whose services it uses.
        require_alive: raises if a process of this run has ended.

    Raises:
        InstallationError: a process of this run has ended, or the host has.
    """
    while True:
        # The host first: without its databases, our processes end too, and would get the blame.
        require_host(installation, host)
        require_alive()
        time.sleep(_LOOK_SECONDS)


def require_host(installation: Installation, host: Host | None) -> None:
    """Say that the host has ended, where the work of this run fails because of it.

    Raises:
        InstallationError: it has ended.
    """
    if host and find_host(replace(installation, is_beside=False)) != host:
        raise InstallationError(
            f"{host.name} has ended, and its databases with it. Nothing is lost: start this again"
        )


def last_words(host: Host | None) -> str:
    """What Ctrl-C does, for people."""
    if host is None:
        return "Ctrl-C stops everything; the data stays until `make clean`."
    return (
        f"Ctrl-C stops only this. The databases are those of {host.name} (process {host.pid}), "
        "and this ends with it."
    )


def _end_what_a_killed_guest_left(beside: Installation) -> None:
    with suppress(InUseError), held(beside):
        stop_leftovers(beside.running)


def _record(installation: Installation) -> Path:
    return installation.home / "services.json"
