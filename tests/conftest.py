"""What tests of all folders share: a real Postgres, fresh databases, a real Mailchimp sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from database_copies import copy_database, drop_copy
from debian_postgres import binaries as debian_binaries
from local_installation import postgres as embedded
from local_installation.postgres_cluster import EmbeddedPostgresError, remove
from mailchimp_sandbox.tests.contract.recorded import description  # noqa: F401 - a fixture
from one_server import not_in_turn
from sandbox_starter import SandboxStarter, sandbox_starter, stop
from unicode_ids import keep_unicode

if TYPE_CHECKING:
    from campaign_world import CampaignWorld

_READY_SECONDS = 60
_FORGOTTEN_SECONDS = 3600
#: Of the folders with a server's data.
_PREFIX = "crm-postgres-"
#: A file system in memory, and what tells how much of the memory is free.
_MEMORY, _MEMORY_STATE = Path("/dev/shm"), Path("/proc/meminfo")
#: Two workers with two servers each, in bytes.
_ENOUGH_MEMORY = 8 * 1024**3

#: What makes a test one of the slow ones, which `make check` leaves out: servers of our own.
_SERVERS = frozenset({"postgres", "debian_postgres", "mailchimp_sandbox"})
_SLOW_FOLDERS = frozenset(
    {
        *("approvals", "campaigns", "contract", "demo", "end_to_end", "plugins", "rights"),
        "mailchimp_sandbox",
    }
)
_SLOW_FILES = frozenset({"test_compose_file.py"})
#: Rules without any server in a slow folder.
_FAST_FILES = frozenset({"test_next_action.py"})


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    for item in items:
        place = set(item.path.parts)
        uses_server = _SERVERS & set(getattr(item, "fixturenames", ()))
        if uses_server or (place & (_SLOW_FOLDERS | _SLOW_FILES) and not place & _FAST_FILES):
            item.add_marker(pytest.mark.slow)
    # Selections by name and mark come first.
    yield
    if others := set(not_in_turn(items)):
        config.hook.pytest_deselected(items=sorted(others, key=lambda item: item.nodeid))
        items[:] = [item for item in items if item not in others]


@pytest.fixture
def unicode_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mailchimp's member ids are not the md5 of our form of an address."""
    keep_unicode(monkeypatch)


@pytest.fixture(scope="session")
def postgres() -> Iterator[embedded.Server]:
    """One embedded server for the session (with pytest-xdist: one for each worker)."""
    yield from _server(None)


@pytest.fixture(scope="session")
def debian_postgres() -> Iterator[embedded.Server]:
    """Debian's Postgres with its own settings, JIT among them; one for the session.

    A build server has it (``.ci/run`` installs it), so there the tests never skip.
    """
    programs = debian_binaries()
    if programs is None:
        missing = "Debian's Postgres is not installed: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    yield from _server(programs)


def _server(programs: Path | None) -> Iterator[embedded.Server]:
    _remove_what_killed_sessions_left()
    # Not pytest's own folders: those belong to root alone when root runs the tests.
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_data_folder()))
    folder.chmod(0o755)
    try:
        with embedded.start(folder / "data", durable=False, programs=programs) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _data_folder() -> Path:
    """Where servers keep their data: in memory if there is much of it, as nobody needs it later.

    Each test copies two databases of a thousand files. On a disk that takes longer than most tests.
    """
    try:
        memory = re.search(r"^MemAvailable: +(\d+) kB$", _MEMORY_STATE.read_text(), re.MULTILINE)
        free = shutil.disk_usage(_MEMORY).free
    except OSError:  # not a Linux
        return Path(tempfile.gettempdir())
    enough = memory is not None and min(free, int(memory[1]) * 1024) >= _ENOUGH_MEMORY
    return _MEMORY if enough and os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())


def _remove_what_killed_sessions_left() -> None:
    for folder in (
        found
        for place in {_data_folder(), Path(tempfile.gettempdir())}
        for found in place.glob(f"{_PREFIX}*")
    ):
        # Younger ones may be another worker's, not locked yet. What is locked is in use.
        with suppress(OSError, EmbeddedPostgresError):
            if time.time() - folder.stat().st_mtime > _FORGOTTEN_SECONDS:
                remove(folder / "data")
                shutil.rmtree(folder)


@pytest.fixture(scope="session")
def _crm_template(postgres: embedded.Server) -> str:
    from crm_mailchimp.crm.schema import create_contract  # noqa: PLC0415

    def create(dsn: str) -> None:
        with psycopg.connect(dsn) as connection:
            create_contract(connection)

    return _template(postgres, "crm_template", create)


@pytest.fixture(scope="session")
def _warehouse_template(postgres: embedded.Server) -> str:
    from crm_mailchimp.warehouse.migrations import upgrade  # noqa: PLC0415

    return _template(postgres, "warehouse_template", upgrade)


def _template(server: embedded.Server, name: str, fill: Callable[[str], object]) -> str:
    fill(server.create_database(name))
    return name


@pytest.fixture
def crm_db(postgres: embedded.Server, _crm_template: str) -> Iterator[str]:
    """DSN of a fresh database with the empty CRM contract."""
    yield from _clone(postgres, _crm_template, "crm")


@pytest.fixture
def warehouse_db(postgres: embedded.Server, _warehouse_template: str) -> Iterator[str]:
    """DSN of a fresh, migrated, empty warehouse."""
    yield from _clone(postgres, _warehouse_template, "warehouse")


def _clone(server: embedded.Server, template: str, prefix: str) -> Iterator[str]:
    name = copy_database(server, template, prefix)
    yield server.dsn(name)
    drop_copy(server, name)


@dataclass(frozen=True)
class MailchimpSandbox:
    """A running sandbox server.

    Attributes:
        base_url: of the API, ends in ``/3.0``.
        host: the same without ``/3.0``.
        key: the API key.
        pid: process id of the server, for tests that kill it.
    """

    base_url: str
    key: str
    pid: int

    @property
    def host(self) -> str:
        return self.base_url.removesuffix("/3.0")

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Call the control API, ``path`` below ``/_sandbox/``; gives the parsed answer."""
        return _request(method, f"{self.host}/_sandbox/{path.lstrip('/')}", json)


@pytest.fixture(params=["postgres", "debian_postgres"])
def campaigning(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[CampaignWorld]:
    """A world with campaigns, on each server."""
    from campaign_world import CampaignWorld  # noqa: PLC0415
    from fresh_databases import fresh_databases  # noqa: PLC0415

    with fresh_databases(request.getfixturevalue(request.param)) as (crm, warehouse):
        world = CampaignWorld(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


@pytest.fixture(scope="session")
def _starter() -> Iterator[SandboxStarter]:
    with sandbox_starter() as starter:
        yield starter


@pytest.fixture
def mailchimp_sandbox(tmp_path: Path, _starter: SandboxStarter) -> Iterator[MailchimpSandbox]:
    """A fresh, empty sandbox in a process of its own."""
    yield from _sandbox(_starter, tmp_path / "sandbox.log", "sandbox-us1")


@pytest.fixture
def second_sandbox(tmp_path: Path, _starter: SandboxStarter) -> Iterator[MailchimpSandbox]:
    """Another account: a sandbox with a key of its own."""
    yield from _sandbox(_starter, tmp_path / "second_sandbox.log", "second-us2")


def _sandbox(starter: SandboxStarter, log: Path, key: str) -> Iterator[MailchimpSandbox]:
    pid, line = starter.start(key, log)
    try:
        ready = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+/3\.0)\n", line)
        assert ready, (
            f"the sandbox did not start: {line!r} {log.read_text(errors='replace')[-2000:]}"
        )
        sandbox = MailchimpSandbox(ready[1], key, pid)
        identity = sandbox.control("GET", "")
        assert (identity["name"], identity["pid"]) == ("crm-mailchimp sandbox", pid)
        yield sandbox
    finally:
        stop(pid)


def _request(method: str, url: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_READY_SECONDS) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise AssertionError(
            f"{method} {url}: {error.code} {error.read().decode('utf-8', 'replace')[:500]}"
        ) from error
    return json.loads(text) if text else None
